/* A house in a folder of its own with three small invented events: what tests
 * of the verbs and of the API ask about.
 *
 *   1 "Campaign one"   everybody's, with a row and an object for few eyes
 *   2 "Campaign two"   everybody's, shares a name and an address with 1
 *   3 "Kept inside"    its owner's only, shares the address
 */
#ifndef KZ_TESTS_UNIT_SCENE_H
#define KZ_TESTS_UNIT_SCENE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "temp.h"
#include "work/house.h"
#include "work/ingest.h"
#include "work/people.h"

#define SCENE_UUID(n) "5b0e4d3c-0000-4000-8000-00000000000" n
#define SCENE_ORG                                                              \
  "\"Orgc\":{\"name\":\"Alpha\",\"uuid\":\"" SCENE_UUID("a") "\"}"
#define SCENE_OTHER_ORG                                                        \
  "\"Orgc\":{\"name\":\"Beta\",\"uuid\":\"" SCENE_UUID("b") "\"}"

static const char scene_events[] =
    "{\"response\":[{\"Event\":{\"uuid\":\"" SCENE_UUID(
        "1") "\",\"info\":\"Campaign one\",\"date\":\"2026-01-10\","
             "\"timestamp\":\"1768046400\",\"distribution\":\"3\","
             "\"published\":true,"
             "\"threat_level_id\":\"1\",\"analysis\":\"2\"," SCENE_ORG ","
             "\"Tag\":[{\"name\":\"tlp:amber\"}],\"Attribute\":["
             "{\"uuid\":\"5b0e4d3c-0000-4000-8000-000000000101\",\"type\":\"ip-"
             "dst\","
             "\"category\":\"Network activity\",\"to_ids\":true,"
             "\"timestamp\":\"1768046400\",\"value\":\"192.0.2.1\","
             "\"distribution\":\"5\",\"Tag\":[{\"name\":\"kind:c2\"}],"
             "\"Sighting\":[{\"uuid\":\"5b0e4d3c-0000-4000-8000-000000000901\","
             "\"type\":\"0\",\"date_sighting\":\"1768100000\",\"source\":"
             "\"sensor\"},"
             "{\"uuid\":\"5b0e4d3c-0000-4000-8000-000000000902\","
             "\"type\":\"1\",\"date_sighting\":\"1768100001\",\"source\":"
             "\"sensor\"}]},"
             "{\"uuid\":\"5b0e4d3c-0000-4000-8000-000000000102\",\"type\":"
             "\"domain\","
             "\"category\":\"Network activity\",\"to_ids\":true,"
             "\"timestamp\":\"1768046401\",\"value\":\"evil.example\","
             "\"distribution\":\"5\"},"
             "{\"uuid\":\"5b0e4d3c-0000-4000-8000-000000000103\","
             "\"type\":\"filename|md5\",\"category\":\"Payload delivery\","
             "\"to_ids\":true,\"timestamp\":\"1768046402\","
             "\"value\":\"evil.exe|d41d8cd98f00b204e9800998ecf8427e\","
             "\"distribution\":\"5\"},"
             "{\"uuid\":\"5b0e4d3c-0000-4000-8000-000000000104\",\"type\":"
             "\"text\","
             "\"category\":\"Other\",\"to_ids\":false,\"timestamp\":"
             "\"1768046403\","
             "\"value\":\"for the owner only\",\"distribution\":\"0\"},"
             "{\"uuid\":\"5b0e4d3c-0000-4000-8000-000000000105\",\"type\":"
             "\"url\","
             "\"category\":\"Network activity\",\"to_ids\":true,"
             "\"timestamp\":\"1768046404\",\"deleted\":true,"
             "\"value\":\"http://www.evil.example/"
             "a.php\",\"distribution\":\"5\"}],"
             "\"Object\":[{\"uuid\":\"5b0e4d3c-0000-4000-8000-000000000201\","
             "\"name\":\"network\",\"distribution\":\"5\","
             "\"timestamp\":\"1768046400\",\"Attribute\":["
             "{\"uuid\":\"5b0e4d3c-0000-4000-8000-000000000106\",\"type\":\"ip-"
             "src\","
             "\"category\":\"Network activity\",\"object_relation\":\"net\","
             "\"to_ids\":false,\"timestamp\":\"1768046405\","
             "\"value\":\"198.51.100.0/24\",\"distribution\":\"5\"}]}]}},"
             "{\"Event\":{\"uuid\":\"" SCENE_UUID(
                 "2") "\",\"info\":\"Campaign two\",\"date\":\"2026-02-20\","
                      "\"timestamp\":\"1771588800\",\"distribution\":"
                      "\"1\"," SCENE_OTHER_ORG ","
                      "\"Tag\":[{\"name\":\"tlp:green\"}],\"Attribute\":["
                      "{\"uuid\":\"5b0e4d3c-0000-4000-8000-000000000301\","
                      "\"type\":\"ip-src\","
                      "\"category\":\"Network activity\",\"to_ids\":true,"
                      "\"timestamp\":\"1771588800\",\"value\":\"192.0.2.1\","
                      "\"distribution\":\"5\"},"
                      "{\"uuid\":\"5b0e4d3c-0000-4000-8000-000000000302\","
                      "\"type\":\"hostname\",\"category\":\"Network "
                      "activity\",\"to_ids\":true,"
                      "\"timestamp\":\"1771588801\",\"value\":\"evil.example\","
                      "\"distribution\":\"5\"}]}},"
                      "{\"Event\":{\"uuid\":\"" SCENE_UUID(
                          "3") "\",\"info\":\"Kept "
                               "inside\",\"date\":\"2026-03-01\","
                               "\"timestamp\":\"1772366400\",\"distribution\":"
                               "\"0\"," SCENE_ORG ","
                               "\"Attribute\":["
                               "{\"uuid\":\"5b0e4d3c-0000-4000-8000-"
                               "000000000401\",\"type\":\"ip-dst\","
                               "\"category\":\"Network "
                               "activity\",\"to_ids\":false,"
                               "\"timestamp\":\"1772366400\",\"value\":\"192.0."
                               "2.1\","
                               "\"distribution\":\"5\"}]}}]}";

struct scene {
  struct temp temp;
  struct kz_house *house;
  char key[KZ_KEY_TEXT]; /* of the administrator */
};

/* Somebody of another organisation. */
static const struct kz_viewer scene_guest = {.org = 4711};
static const struct kz_viewer scene_owner = {.sees_all = true};

static inline void scene_stop(const char *what, const struct kz_err *err) {
  (void)fprintf(stderr, "%s: %s\n", what, err->text);
  abort();
}

/* Writes a file into the scene's folder and imports it. */
static inline struct kz_ingest_report *
scene_import(struct scene *scene, const char *name, kz_str text) {
  char path[512];
  struct kz_err err = KZ_ERR_NONE;
  struct kz_ingest_progress progress = {.bytes = 0};
  struct kz_ingest_report *report = NULL;
  const struct kz_user *owner = kz_people_owner(scene->house->people);
  const struct kz_ingest_options options = {
      .known_at = KZ_KNOWN_NOW,
      .org = owner->org, /* its texts are the dictionary's */
  };
  kz_user_unref(owner);
  FILE *file = fopen(temp_path(&scene->temp, name, path), "wb");
  if (!file || fwrite(text.ptr, 1, text.len, file) != text.len ||
      fclose(file) != 0) {
    scene_stop(path, &err);
  }
  const kz_str paths[] = {kz_str_of(path)};
  if (kz_ingest(scene->house, paths, 1, &options, &progress, &report, &err) !=
      KZ_OK) {
    scene_stop(path, &err);
  }
  return report;
}

/* A house without events. */
static inline struct scene scene_empty(void) {
  struct scene scene = {.temp = temp_make()};
  char path[512];
  struct kz_err err = KZ_ERR_NONE;
  if (kz_house_open(temp_path(&scene.temp, "store", path), true, scene.key,
                    &scene.house, &err) != KZ_OK) {
    scene_stop(path, &err);
  }
  return scene;
}

static inline struct scene scene_make(void) {
  struct scene scene = scene_empty();
  kz_ingest_report_done(
      scene_import(&scene, "events.json", kz_str_of(scene_events)));
  return scene;
}

static inline void scene_done(struct scene *scene) {
  kz_house_close(scene->house);
  temp_remove(&scene->temp);
}

/* Closes the house and opens it again, as a restart does. */
static inline void scene_reopen(struct scene *scene) {
  char path[512];
  char key[KZ_KEY_TEXT];
  struct kz_err err = KZ_ERR_NONE;
  kz_house_close(scene->house);
  if (kz_house_open(temp_path(&scene->temp, "store", path), true, key,
                    &scene->house, &err) != KZ_OK) {
    scene_stop(path, &err);
  }
}

/* SCENE(s): such a house until the block is left. */
#define SCENE(variable)                                                        \
  __attribute__((cleanup(scene_done))) struct scene variable = scene_make()
#define EMPTY_SCENE(variable)                                                  \
  __attribute__((cleanup(scene_done))) struct scene variable = scene_empty()

#endif
