/* XML 1.0 out of JSON, as MISP does it: a member is an element of its name, of
 * a list each item is, true and false are 1 and 0, null is an empty element.
 *
 * The translator takes valid JSON in pieces of any size, as a writer of ours
 * makes it, and needs no memory that grows. Names that are no names of XML are
 * left out with all they hold; characters that XML does not have become
 * U+FFFD. Pure, one thread at a time; failures stick to the buffer. */
#ifndef KZ_FORMAT_XML_H
#define KZ_FORMAT_XML_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* Text for the inside of an element or of an attribute's quotes. Bytes that are
 * not UTF-8 become U+FFFD. */
void kz_xml_text(struct kz_buf *out, kz_str text);

/* What surrounds the things found. */
#define KZ_XML_BEGIN                                                           \
  KZ_STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<response>")
#define KZ_XML_END KZ_STR("</response>\n")

enum {
  KZ_XML_DEPTH_MAX = 64,
  KZ_XML_NAME_MAX = 64, /* bytes; a longer name is none */
};

/* Private to xml.c; here so that it can live in other structs. */
struct kz_xml {
  struct kz_buf *out;
  unsigned depth;
  struct {
    bool is_object;
    uint8_t name_len;           /* of the element to write; 0: none */
    char name[KZ_XML_NAME_MAX]; /* in a list: of each item */
  } level[KZ_XML_DEPTH_MAX];
  bool is_key_due;  /* the next string is a name */
  bool is_key;      /* the string that is read is one */
  bool is_no_name;  /* it cannot be a name */
  uint8_t state;    /* of the reader */
  uint8_t name_len; /* of the member whose value is due */
  char name[KZ_XML_NAME_MAX];
  unsigned skipped; /* levels whose elements are left out */
  uint32_t high;    /* a surrogate that waits for its other half */
  uint32_t unit;    /* \uXXXX so far */
  unsigned digits;
  char word[32]; /* a number or literal */
  uint8_t word_len;
  char tail[4]; /* of a character that goes on in the next piece */
  uint8_t tail_len;
};

/* Values at the top have no element; objects there only their members'. */
void kz_xml_init(struct kz_xml *xml, struct kz_buf *out);
void kz_xml_feed(struct kz_xml *xml, kz_str json);

#endif
