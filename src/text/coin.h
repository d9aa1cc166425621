/* Bitcoin addresses, by their checksums. */
#ifndef KZ_TEXT_COIN_H
#define KZ_TEXT_COIN_H

#include <stdbool.h>

#include "base/str.h"

/* Whether `word` is a Bitcoin address: base58 with a right checksum ("1...",
 * "3..."), or bech32 or bech32m ("bc1...", all of one case). */
bool kz_coin_is_btc(kz_str word);

#endif
