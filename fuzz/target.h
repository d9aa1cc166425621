/* What a fuzz target defines: called with one input after another, it returns 0
 * and keeps nothing between calls. */
#ifndef KZ_FUZZ_TARGET_H
#define KZ_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
