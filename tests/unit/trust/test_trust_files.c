/* SPDX-License-Identifier: ISC */
#include "trust/trust_files.h"
#include "unit/trust/trust_given.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/stat.h>

Test(trust_files, backups_and_hidden_files_of_a_directory_are_not_wanted)
{
    static const struct {
        const char *name;
        bool wanted;
    } names[] = {
        {"ca.pem", true},
        {"ca.crt", true},
        {"ca.cer", true},
        {"crl.crl", true},
        {"ca.pem~", false},
        {"ca.pem.bak", false},
        {"9d66eef0.0", true},
        {"9d66eef0.r0", true},
        {"9d66eef0.x", false},
        {"README", false},
        {"", false},
    };
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_expect_eq(trust_files_is_wanted(names[i].name), names[i].wanted, "%s", names[i].name);
}

Test(trust_files, what_is_kept_is_told_since_the_first_time)
{
    struct trust_files first = {.count = 0}, second = {.count = 0};

    cr_assert(trust_files_keep(&first, NULL, "a.pem", "it is broken", true, 100, NULL));
    cr_assert(trust_files_keep(&second, &first, "a.pem", "it is gone", true, 200, NULL));
    cr_assert(trust_files_keep(&second, &first, "b.pem", "it is broken", true, 200, NULL));
    cr_assert_eq(second.kept_count, 2);
    cr_expect_eq(second.kept[0].since, 100);
    cr_expect_str_eq(second.kept[0].why, "it is gone");
    cr_expect_eq(second.kept[1].since, 200);
    trust_files_free(&first);
    trust_files_free(&second);
    cr_expect_eq(second.kept_count, 0);
}

Test(trust_files, files_and_folders_that_others_may_write_to_are_told, .init = trust_given_make,
    .fini = trust_given_free)
{
    char *path = WRITE("a.pem", ca);
    struct config config = make_config(&path, NULL, NULL), all = make_config(&dir, NULL, NULL);

    trust_release(expect_loads(&config, 1, NULL));
    cr_assert_eq(chmod(path, 0664), 0);
    trust_release(expect_loads(&config, 1, "group or others may write to it (mode 0664), and so"));
    trust_release(expect_loads(&all, 1, "group or others may write to it (mode 0664), and so"));
    cr_assert(chmod(path, 0644) == 0 && chmod(dir, 0777) == 0);
    trust_release(expect_loads(&config, 1, "may write to this folder (mode 0777), and so"));
    trust_release(expect_loads(&all, 1, "may write to this folder (mode 0777), and so"));
    cr_assert_eq(chmod(dir, 01777), 0);
    trust_release(expect_loads(&all, 1, NULL));
    free(path);
}
