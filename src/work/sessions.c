/* A flat table: a look-up compares 32 bytes with each of at most 4096 places,
 * some 20 us, and there is nothing to clean up. */
#include "work/sessions.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/clock.h"

enum { HASH_BYTES = 32 };

struct place {
  unsigned char hash[HASH_BYTES];
  struct kz_session session; /* without the tokens; user 0: free */
  int64_t begun_us;          /* monotonic */
  int64_t used_us;
};

struct kz_sessions {
  pthread_mutex_t lock;
  unsigned char secret[crypto_generichash_KEYBYTES];
  struct place places[KZ_SESSIONS_MAX];
};

kz_rc kz_sessions_new(struct kz_sessions **ret_sessions, struct kz_err *err) {
  struct kz_sessions *sessions = calloc(1, sizeof *sessions);
  if (!sessions || sodium_init() < 0) {
    free(sessions);
    return kz_err_set(err, KZ_E_MEMORY, "sessions: out of memory");
  }
  pthread_mutex_init(&sessions->lock, NULL);
  randombytes_buf(sessions->secret, sizeof sessions->secret);
  *ret_sessions = sessions;
  return KZ_OK;
}

void kz_sessions_free(struct kz_sessions *sessions) {
  if (sessions) {
    pthread_mutex_destroy(&sessions->lock);
    sodium_memzero(sessions, sizeof *sessions);
    free(sessions);
  }
}

static void hash_token(const struct kz_sessions *sessions, kz_str token,
                       char what, unsigned char hash[HASH_BYTES]) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, sessions->secret, sizeof sessions->secret,
                          HASH_BYTES);
  crypto_generichash_update(&state, (const unsigned char *)&what, 1);
  crypto_generichash_update(&state, (const unsigned char *)token.ptr,
                            token.len);
  crypto_generichash_final(&state, hash, HASH_BYTES);
}

static void make_csrf(const struct kz_sessions *sessions, kz_str token,
                      char csrf[KZ_SESSION_TEXT]) {
  unsigned char hash[HASH_BYTES];
  hash_token(sessions, token, 'c', hash);
  sodium_bin2hex(csrf, KZ_SESSION_TEXT, hash, sizeof hash);
}

void kz_session_begin(struct kz_sessions *sessions, struct kz_session *session,
                      char ret_token[KZ_SESSION_TEXT]) {
  unsigned char random[HASH_BYTES];
  int64_t now = kz_clock_monotonic_us();
  randombytes_buf(random, sizeof random);
  sodium_bin2hex(ret_token, KZ_SESSION_TEXT, random, sizeof random);
  make_csrf(sessions, kz_str_of(ret_token), session->csrf);
  pthread_mutex_lock(&sessions->lock);
  struct place *oldest = &sessions->places[0];
  for (size_t i = 0; i < KZ_SESSIONS_MAX; i++) {
    struct place *p = &sessions->places[i];
    bool is_better = p->session.user == 0 ? oldest->session.user != 0
                                          : oldest->session.user != 0 &&
                                                p->used_us < oldest->used_us;
    oldest = is_better ? p : oldest;
  }
  *oldest =
      (struct place){.session = *session, .begun_us = now, .used_us = now};
  hash_token(sessions, kz_str_of(ret_token), 's', oldest->hash);
  pthread_mutex_unlock(&sessions->lock);
}

/* The place of a token; the lock is held. */
static struct place *look(struct kz_sessions *sessions, kz_str token) {
  unsigned char hash[HASH_BYTES];
  if (token.len != KZ_SESSION_TEXT - 1) {
    return NULL;
  }
  hash_token(sessions, token, 's', hash);
  for (size_t i = 0; i < KZ_SESSIONS_MAX; i++) {
    struct place *p = &sessions->places[i];
    if (p->session.user != 0 &&
        sodium_memcmp(p->hash, hash, sizeof hash) == 0) {
      return p;
    }
  }
  return NULL;
}

kz_rc kz_session_find(struct kz_sessions *sessions, kz_str token,
                      int64_t idle_us, struct kz_session *ret) {
  struct kz_session found = {.user = 0};
  int64_t now = kz_clock_monotonic_us();
  pthread_mutex_lock(&sessions->lock);
  struct place *p = look(sessions, token);
  if (p && (now - p->used_us > idle_us ||
            now - p->begun_us > KZ_SESSION_LIFE_H * KZ_HOUR_US)) {
    *p = (struct place){.begun_us = 0};
    p = NULL;
  }
  if (p) {
    p->used_us = now;
    found = p->session;
  }
  pthread_mutex_unlock(&sessions->lock);
  if (found.user == 0) {
    return KZ_E_DENIED;
  }
  make_csrf(sessions, token, found.csrf);
  *ret = found;
  return KZ_OK;
}

void kz_session_end(struct kz_sessions *sessions, kz_str token) {
  pthread_mutex_lock(&sessions->lock);
  struct place *p = look(sessions, token);
  if (p) {
    *p = (struct place){.begun_us = 0};
  }
  pthread_mutex_unlock(&sessions->lock);
}

void kz_session_end_user(struct kz_sessions *sessions, uint64_t user,
                         kz_str token) {
  pthread_mutex_lock(&sessions->lock);
  const struct place *kept = look(sessions, token);
  for (size_t i = 0; i < KZ_SESSIONS_MAX; i++) {
    struct place *p = &sessions->places[i];
    if (p != kept && p->session.user == user) {
      *p = (struct place){.begun_us = 0};
    }
  }
  pthread_mutex_unlock(&sessions->lock);
}
