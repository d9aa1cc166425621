/* Points at which a test kills the process, to see what a crash just there
 * leaves behind.
 *
 * KIZASHI_CRASH_AT=name:count in the environment: the process kills itself the
 * count-th time it comes to the point. Only in builds with tests; elsewhere a
 * point is nothing at all. */
#ifndef KZ_BASE_CRASH_H
#define KZ_BASE_CRASH_H

#ifdef KZ_CRASH_POINTS
void kz_crash_point(const char *name);
#else
static inline void kz_crash_point(const char *name) {
  (void)name;
}
#endif

#endif
