/* Sessions of people who logged in with a password, for the web UI.
 *
 * A session is known by a random token of which only a keyed hash is kept, in
 * memory: a restart ends all. It carries a second token that each request which
 * changes something has to repeat in a header (against forged requests). It
 * ends when it was not used for a time, when the user's password changes, or
 * when too many others are newer. Any thread. */
#ifndef KZ_WORK_SESSIONS_H
#define KZ_WORK_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

enum {
  KZ_SESSION_TEXT = 65,    /* bytes: 64 hexadecimal digits and the NUL */
  KZ_SESSIONS_MAX = 4096,  /* at once */
  KZ_SESSION_LIFE_H = 168, /* however much it is used */
};

struct kz_sessions;

/* What a token stands for. */
struct kz_session {
  uint64_t user;
  uint64_t password_tag; /* struct kz_user's, when he logged in */
  bool is_limited;       /* may only set up one-time codes */
  char csrf[KZ_SESSION_TEXT];
};

KZ_MUST_USE kz_rc kz_sessions_new(struct kz_sessions **ret_sessions,
                                  struct kz_err *err);
void kz_sessions_free(struct kz_sessions *sessions); /* NULL is fine */

/* Begins one for what `session` says and writes its tokens. */
void kz_session_begin(struct kz_sessions *sessions, struct kz_session *session,
                      char ret_token[KZ_SESSION_TEXT]);

/* The session of a token that was used in the last `idle_us`; counts as used.
 * KZ_E_DENIED. */
KZ_MUST_USE kz_rc kz_session_find(struct kz_sessions *sessions, kz_str token,
                                  int64_t idle_us, struct kz_session *ret);
void kz_session_end(struct kz_sessions *sessions, kz_str token);
/* Ends all of a user but the one of `token` ("": all). */
void kz_session_end_user(struct kz_sessions *sessions, uint64_t user,
                         kz_str token);

#endif
