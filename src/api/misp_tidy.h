/* What MISP's clients send beside the model, put right before it is stored:
 * tags marked for removal, tags without a colour. */
#ifndef KZ_API_MISP_TIDY_H
#define KZ_API_MISP_TIDY_H

#include "api/misp_call.h"
#include "model/event.h"

/* Takes out the uses that are marked "deleted" and those of tags that the
 * caller may not use or make, gives a colour to those without and clears what
 * is not for storing. */
void kz_misp_tidy_tags(struct kz_misp_call *call, struct kz_tag_use *tags,
                       size_t *count);
void kz_misp_tidy_attributes(struct kz_misp_call *call,
                             struct kz_attribute *attributes, size_t count);
void kz_misp_tidy_object(struct kz_misp_call *call, struct kz_object *object);
void kz_misp_tidy_event(struct kz_misp_call *call, struct kz_event *event);

/* The organisation ("org_id") or user ("user_id") whom a tag is for; 0: it is
 * for all. */
uint64_t kz_misp_tag_restriction(const struct kz_tag *tag, kz_str member);
bool kz_misp_may_use_tag(const struct kz_user *user, const struct kz_tag *tag);

/* Gives a tag a colour that follows from its name, when it has none, and marks
 * one that stands for a cluster of a galaxy. */
void kz_misp_tidy_colour(struct kz_tag *tag, struct kz_arena *arena);

/* Whether raw members hold one of that name at their top level; `*ret_raw`
 * (may be NULL) is its JSON. */
bool kz_misp_has_member(kz_str members, kz_str name, kz_str *ret_raw);

/* `members` without the one of that name at their top level, in `arena`; as it
 * was when there is none or no memory. */
kz_str kz_misp_drop_member(kz_str members, kz_str name, struct kz_arena *arena);

/* `members` with `more` behind it, in `arena`; as it was when out of memory. */
kz_str kz_misp_join_members(kz_str members, kz_str more,
                            struct kz_arena *arena);

#endif
