/* SPDX-License-Identifier: ISC */
#include "base/file_writers.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder, *path;
static struct list warnings;

static void make(void)
{
    folder = pki_temp_dir();
    path = pki_write_text(folder, "file", "text");
    cr_assert_eq(chmod(path, 0644), 0);
}

static void take_away(void)
{
    list_free(&warnings);
    pki_remove_dir(folder);
    free(path);
}

TestSuite(file_writers, .init = make, .fini = take_away);

/* One warning with these words, or none. */
static void expect_warning(const char *about, const char *words)
{
    cr_assert_eq(warnings.count, words != NULL, "%zu warnings", warnings.count);
    if (words != NULL) {
        cr_expect_eq(strncmp(warnings.items[0], about, strlen(about)), 0, "%s", warnings.items[0]);
        cr_expect_not_null(strstr(warnings.items[0], words), "%s", warnings.items[0]);
    }
    list_free(&warnings);
}

static void expect_refused(const char *words)
{
    struct error error = {.kind = ERROR_NONE};

    cr_expect_not(file_writers_check(path, "secrets", &warnings, &error));
    cr_expect_eq(error.kind, ERROR_FILE);
    cr_expect_eq(strncmp(error.text, path, strlen(path)), 0, "%s", error.text);
    cr_expect_not_null(strstr(error.text, words), "%s", error.text);
    cr_expect_eq(warnings.count, 0);
}

Test(file_writers, a_file_is_refused_that_others_may_write_to)
{
    static const mode_t good[] = {0644, 0600, 0444, 0755}, bad[] = {0664, 0646, 0622, 0777};
    struct error error = {.kind = ERROR_NONE};
    size_t i;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        cr_assert_eq(chmod(path, good[i]), 0);
        cr_expect(
            file_writers_check(path, "secrets", &warnings, &error), "%04o", (unsigned)good[i]);
        cr_expect(file_writers_check(path, "secrets", NULL, &error), "%04o", (unsigned)good[i]);
    }
    cr_expect_eq(warnings.count, 0);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_eq(chmod(path, bad[i]), 0);
        expect_refused("group or others may write to the secrets");
    }
}

Test(file_writers, what_is_no_file_is_refused)
{
    cr_assert(unlink(path) == 0 && mkfifo(path, 0600) == 0);
    expect_refused("secrets must be a regular file");
    cr_assert_eq(unlink(path), 0);
    expect_refused("No such file");
}

Test(file_writers, a_folder_in_which_others_may_replace_the_file_is_told)
{
    struct error error = {.kind = ERROR_NONE};

    cr_assert_eq(chmod(folder, 0775), 0);
    cr_expect(file_writers_check(path, "secrets", &warnings, &error));
    expect_warning(
        folder, "group or others may write to this folder (mode 0775), and so replace the ");
    cr_assert_eq(chmod(folder, 01777), 0);
    cr_expect(file_writers_check(path, "secrets", &warnings, &error));
    expect_warning(folder, NULL);
}

Test(file_writers, another_owner_is_told)
{
    struct error error = {.kind = ERROR_NONE};

    if (geteuid() != 0)
        cr_skip_test("only root can give files away");
    cr_assert_eq(chown(path, 65534, 65534), 0);
    cr_expect(file_writers_check(path, "secrets", &warnings, &error));
    expect_warning(path, "belongs to another user (65534)");
}

Test(file_writers, where_a_file_is_taken_all_the_same_its_writers_are_told)
{
    struct error error = {.kind = ERROR_NONE};

    cr_expect(file_writers_warn(path, "trust", &warnings, &error));
    cr_expect(file_writers_warn_of_folder(path, "trust", &warnings, &error));
    cr_expect(file_writers_warn("-", "trust", &warnings, &error));
    cr_expect(file_writers_warn_of_folder("-", "trust", &warnings, &error));
    cr_expect(file_writers_warn("/dev/null", "trust", &warnings, &error));
    expect_warning(path, NULL);
    cr_assert_eq(chmod(path, 0664), 0);
    cr_expect(file_writers_warn(path, "trust", &warnings, &error));
    expect_warning(path, "group or others may write to it (mode 0664), and so change the trust");
    cr_assert(unlink(path) == 0 && chmod(folder, 0757) == 0);
    cr_expect(file_writers_warn(path, "trust", &warnings, &error));
    expect_warning(path, NULL);
    cr_expect(file_writers_warn(folder, "trust", &warnings, &error));
    expect_warning(folder, "this folder (mode 0757)");
    cr_assert(chdir(folder) == 0);
    cr_expect(file_writers_warn_of_folder("file", "trust", &warnings, &error));
    expect_warning(".: ", "this folder (mode 0757)");
}
