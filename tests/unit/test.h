/* The one include of a unit test besides the header under test: cmocka does not
 * include what it needs, and the order of these five matters.
 *
 * A test file holds one group (cmocka_run_group_tests is called once). */
#ifndef KZ_TESTS_UNIT_TEST_H
#define KZ_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
