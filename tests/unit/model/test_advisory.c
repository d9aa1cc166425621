#include "test.h"

#include "model/advisory.h"

static void identifiers_are_known_in_any_case(void **state) {
  (void)state;
  static const char *const good[] = {
      "CVE-2021-44228",
      "cve-1999-0001",
      "CVE-2021-12345678",
      "GCVE-1-2025-12",
      "fkie_cve-2021-44228",
      "GHSA-jfh8-c2jp-5v3q",
      "PYSEC-2021-12",
      "pysec-2021-12345",
      "GSD-2021-1234",
      "gsd-2021-12345",
      "MAL-2023-1",
      "WID-SEC-W-2023-0001",
      "NCSC-2023-0001",
      "SSA-123456",
      "RHSA-2021:1234",
      "RHBA-2021:12345",
      "RHEA-2021:1234",
      "ICSA-21-123-01",
      "ICSMA-21-123-01",
      "VA-21-123-01",
      "cisco-sa-20190828-nxos_x",
      "SCA-2021-0001",
      "NN-2021:1-01",
      "NN-2021_1-01",
      "OXAS-ADV-2021-0001",
      "msrc_CVE-2021-44228",
      "VAR-202101-1234",
      "JVNDB-2021-123456",
      "TS-2021-1234",
      "SUSE-SU-2021:1234-1",
      "openSUSE-SU-2021:123456-1",
      "CNVD-2021-12345",
      "CERTFR-2021-AVI-1234",
      "CERTFR-2021-ALE-123",
  };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    if (!kz_advisory_is_id(kz_str_of(good[i]))) {
      fail_msg("%s is refused", good[i]);
    }
  }
}

static void near_misses_are_refused(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",
      "CVE",
      "CVE-2021",
      "CVE-2021-123",
      "CVE-21-44228",
      "CVE-2021-4422x",
      "XCVE-2021-44228",
      "GHSA-jfh8-c2jp",
      "GHSA-jfh8-c2jp-5v3q-",
      "pysec-2021-1",
      "pysec-2021-123456",
      "gsd-2021-123456",
      "ssa-12345",
      "cisco-sa-",
      "cisco-sa-a--b",
      "cisco-sa-a-",
      "nn-2021-1-01",
      "suse-su-2021:123-1",
      "CWE-79",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    if (kz_advisory_is_id(kz_str_of(bad[i]))) {
      fail_msg("%s is taken for one", bad[i]);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(identifiers_are_known_in_any_case),
      cmocka_unit_test(near_misses_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
