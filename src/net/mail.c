/* The body travels as base64, so no line of it can be too long, end the mail or
 * become a header; the subject as an encoded word (RFC 2047) for the same
 * reason. */
#include "net/mail.h"

#include <curl/curl.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"

enum { MAIL_MAX = 64 << 20, SUBJECT_MAX = 200, WORD_BYTES = 45, LINE = 57 };

bool kz_mail_is_address(kz_str text) {
  size_t ats = 0;
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if (c <= ' ' || c == 0x7f || strchr("<>,;\"\\", c)) {
      return false;
    }
    ats += c == '@';
  }
  return ats == 1 && text.len >= 3 && text.len <= 254 && text.ptr[0] != '@' &&
         text.ptr[text.len - 1] != '@';
}

/* As many encoded words as it takes; a word holds whole characters. */
static void add_subject(struct kz_buf *out, kz_str subject) {
  kz_str rest = kz_str_head(subject, SUBJECT_MAX);
  kz_buf_add_str(out, KZ_STR("Subject:"));
  do {
    size_t len = rest.len < WORD_BYTES ? rest.len : WORD_BYTES;
    while (len > 0 && len < rest.len &&
           ((unsigned char)rest.ptr[len] & 0xc0) == 0x80) {
      len--;
    }
    len = len == 0 ? rest.len : len; /* no character is so long: not UTF-8 */
    kz_buf_add_str(out, KZ_STR(" =?UTF-8?B?"));
    (void)kz_base64_encode(kz_str_head(rest, len), out);
    kz_buf_add_str(out, KZ_STR("?=\r\n"));
    rest = kz_str_from(rest, len);
  } while (rest.len > 0);
}

static void add_date(struct kz_buf *out, int64_t us) {
  static const char *const days[] = {"Thu", "Fri", "Sat", "Sun",
                                     "Mon", "Tue", "Wed"};
  static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
                                       "May", "Jun", "Jul", "Aug",
                                       "Sep", "Oct", "Nov", "Dec"};
  int32_t day = kz_clock_day_of(us);
  struct kz_date date = kz_clock_date(day);
  unsigned second = (unsigned)(us / KZ_SECOND_US - (int64_t)day * 86400);
  kz_buf_add_format(out, "Date: %s, %02u %s %04d %02u:%02u:%02u +0000\r\n",
                    days[((day % 7) + 7) % 7], date.day, months[date.month - 1],
                    date.year, second / 3600 % 24, second / 60 % 60,
                    second % 60);
}

void kz_mail_write(const struct kz_mail *mail, struct kz_buf *out) {
  add_date(out, mail->now_us);
  kz_buf_add_str(out, KZ_STR("From: <"));
  kz_buf_add_str(out, mail->from);
  kz_buf_add_str(out, KZ_STR(">\r\nTo: "));
  for (size_t i = 0; i < mail->to_count; i++) {
    kz_buf_add_str(out, i > 0 ? KZ_STR(",\r\n <") : KZ_STR("<"));
    kz_buf_add_str(out, mail->to[i]);
    kz_buf_add_byte(out, '>');
  }
  kz_buf_add_str(out, KZ_STR("\r\n"));
  add_subject(out, mail->subject);
  kz_buf_add_str(out, KZ_STR("MIME-Version: 1.0\r\n"
                             "Content-Type: text/plain; charset=UTF-8\r\n"
                             "Content-Transfer-Encoding: base64\r\n"
                             "Auto-Submitted: auto-generated\r\n\r\n"));
  for (size_t at = 0; at < mail->body.len; at += LINE) {
    (void)kz_base64_encode(kz_str_head(kz_str_from(mail->body, at), LINE), out);
    kz_buf_add_str(out, KZ_STR("\r\n"));
  }
}

struct upload {
  kz_str left;
};

static size_t read_upload(char *to, size_t size, size_t count, void *ctx) {
  struct upload *upload = ctx;
  size_t room = size * count;
  size_t len = upload->left.len < room ? upload->left.len : room;
  memcpy(to, upload->left.ptr, len);
  upload->left = kz_str_from(upload->left, len);
  return len;
}

/* "<a@b>" lists for the envelope; NULL when out of memory. */
static struct curl_slist *recipients_of(const struct kz_mail *mail) {
  struct curl_slist *list = NULL;
  for (size_t i = 0; i < mail->to_count; i++) {
    KZ_BUF(one, 512);
    kz_buf_add_str(&one, mail->to[i]);
    kz_buf_add_byte(&one, '\0');
    struct curl_slist *longer =
        kz_buf_failed(&one) ? NULL : curl_slist_append(list, one.ptr);
    if (!longer) {
      curl_slist_free_all(list);
      return NULL;
    }
    list = longer;
  }
  return list;
}

static void set_options(CURL *curl, const struct kz_mail_config *config,
                        const char *from, struct curl_slist *to,
                        struct upload *upload) {
  (void)curl_easy_setopt(curl, CURLOPT_URL, config->url.ptr);
  (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
  (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  (void)curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_TRY);
  (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)config->timeout_s);
  (void)curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
  (void)curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
  (void)curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  (void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_upload);
  (void)curl_easy_setopt(curl, CURLOPT_READDATA, upload);
  if (config->user.len > 0) {
    (void)curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    (void)curl_easy_setopt(curl, CURLOPT_USERNAME, config->user.ptr);
    (void)curl_easy_setopt(curl, CURLOPT_PASSWORD, config->password.ptr);
  }
  if (config->ca_file.len > 0) {
    (void)curl_easy_setopt(curl, CURLOPT_CAINFO, config->ca_file.ptr);
  }
}

static kz_rc check_addresses(const struct kz_mail *mail, struct kz_err *err) {
  bool is_good = kz_mail_is_address(mail->from) && mail->to_count > 0;
  for (size_t i = 0; is_good && i < mail->to_count; i++) {
    is_good = kz_mail_is_address(mail->to[i]);
  }
  return is_good ? KZ_OK
                 : kz_err_set(err, KZ_E_INPUT, "mail: an address is none");
}

kz_rc kz_mail_send(const struct kz_mail_config *config,
                   const struct kz_mail *mail, struct kz_err *err) {
  KZ_BUF(message, MAIL_MAX);
  KZ_BUF(from, 512);
  kz_rc rc = check_addresses(mail, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_mail_write(mail, &message);
  kz_buf_add_str(&from, mail->from);
  kz_buf_add_byte(&from, '\0');
  struct upload upload = {kz_buf_str(&message)};
  struct curl_slist *to = recipients_of(mail);
  CURL *curl = curl_easy_init();
  if (!curl || !to || kz_buf_failed(&message) || kz_buf_failed(&from)) {
    rc = kz_err_set(err, KZ_E_MEMORY, "mail: out of memory");
  } else {
    set_options(curl, config, from.ptr, to, &upload);
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK) {
      rc = kz_err_set(err, KZ_E_IO, "mail: %s", curl_easy_strerror(code));
    }
  }
  curl_slist_free_all(to);
  curl_easy_cleanup(curl);
  return rc;
}
