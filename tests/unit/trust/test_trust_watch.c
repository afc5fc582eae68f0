/* SPDX-License-Identifier: ISC */
#include "trust/trust_watch.h"
#include "unit/trust/trust_given.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(trust_watch, .init = trust_given_make, .fini = trust_given_free);

static char *in_dir(const char *name)
{
    char *path = NULL;

    pki_must(asprintf(&path, "%s/%s", dir, name) > 0, "asprintf");
    return path;
}

static struct trust_watch *watch_path(char **path, struct config *config)
{
    struct trust_options options;
    struct trust_watch *watch;

    *config = make_config(path, NULL, NULL);
    options = trust_options_of(config);
    watch = trust_watch_new(&options);
    cr_assert_not_null(watch);
    trust_watch_mark(watch);
    cr_expect_not(trust_watch_has_moved(watch), "nothing moved");
    cr_expect_not(trust_watch_has_moved(watch), "nothing moved, by inotify");
    return watch;
}

static void append(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND);

    pki_must(fd >= 0 && write(fd, "#", 1) == 1 && close(fd) == 0, path);
}

/* Told once. */
static void expect_moved(struct trust_watch *watch, const char *what)
{
    cr_expect(trust_watch_has_moved(watch), "%s", what);
    cr_expect_not(trust_watch_has_moved(watch), "%s: told twice", what);
}

Test(trust_watch, a_file_that_is_written_to_replaced_removed_or_put_back_has_moved)
{
    char *path = pki_write_text(dir, "a.pem", "x"), *new = NULL;
    struct config config;
    struct trust_watch *watch = watch_path(&path, &config);
    int i;

    for (i = 0; i < 2; i++) {
        append(path);
        expect_moved(watch, "written to");
    }
    for (i = 0; i < 2; i++) {
        new = pki_write_text(dir, "new", "y");
        cr_assert_eq(rename(new, path), 0);
        free(new);
        expect_moved(watch, "replaced");
    }
    cr_assert_eq(unlink(path), 0);
    expect_moved(watch, "removed");
    free(pki_write_text(dir, "a.pem", "x"));
    expect_moved(watch, "put back");
    cr_assert_eq(chmod(path, 0640), 0);
    expect_moved(watch, "who may read it");
    free(pki_write_text(dir, "b.pem", "x"));
    cr_expect_not(trust_watch_has_moved(watch), "another file");
    trust_watch_free(watch);
    free(path);
}

Test(trust_watch, a_folder_has_moved_with_any_file_in_it)
{
    char *folder = in_dir("d"), *path, *outside = pki_write_text(dir, "outside.pem", "x");
    struct trust_watch *watch;
    struct config config;

    cr_assert_eq(mkdir(folder, 0700), 0);
    path = pki_write_text(folder, "a.pem", "x");
    watch = watch_path(&folder, &config);
    append(path);
    expect_moved(watch, "written to");
    free(path);
    path = pki_write_text(folder, "b.pem", "x");
    expect_moved(watch, "one more");
    append(path);
    expect_moved(watch, "the new one is written to");
    cr_assert_eq(unlink(path), 0);
    expect_moved(watch, "one fewer");
    free(path);
    path = in_dir("d/link.pem");
    cr_assert_eq(symlink(outside, path), 0);
    expect_moved(watch, "a link");
    append(outside);
    expect_moved(watch, "what the link leads to");
    free(path);
    path = in_dir("moved");
    cr_assert_eq(rename(folder, path), 0);
    expect_moved(watch, "the folder is gone");
    cr_assert_eq(rename(path, folder), 0);
    expect_moved(watch, "it is back");
    trust_watch_free(watch);
    free(path);
    free(folder);
    free(outside);
}

/* As Kubernetes mounts secrets: a.pem -> data/a.pem, data -> version1. */
Test(trust_watch, a_link_on_the_way_that_leads_elsewhere_has_moved)
{
    char *versions[2] = {in_dir("version1"), in_dir("version2")};
    char *data = in_dir("data"), *new = in_dir("new"), *path = in_dir("a.pem");
    struct trust_watch *watch;
    struct config config;
    int i;

    for (i = 0; i < 2; i++) {
        cr_assert_eq(mkdir(versions[i], 0700), 0);
        free(pki_write_text(versions[i], "a.pem", "x"));
    }
    cr_assert(symlink("version1", data) == 0 && symlink("data/a.pem", path) == 0);
    watch = watch_path(&path, &config);
    for (i = 1; i < 5; i++) {
        cr_assert(
            symlink(i % 2 == 1 ? "version2" : "version1", new) == 0 && rename(new, data) == 0);
        expect_moved(watch, "another version");
    }
    trust_watch_free(watch);
    for (i = 0; i < 2; i++)
        free(versions[i]);
    free(data);
    free(new);
    free(path);
}

Test(trust_watch, links_in_a_circle_and_paths_that_are_too_long_are_looked_at_all_the_same)
{
    char *circle = in_dir("circle"), *path = malloc(8000);
    struct trust_watch *watch;
    struct config config;

    cr_assert_eq(symlink("circle", circle), 0);
    watch = watch_path(&circle, &config);
    cr_assert_eq(unlink(circle), 0);
    free(pki_write_text(dir, "circle", "x"));
    expect_moved(watch, "now a file");
    trust_watch_free(watch);
    memset(path, 'x', 7999);
    path[7999] = '\0';
    watch = watch_path(&path, &config);
    trust_watch_free(watch);
    free(path);
    free(circle);
}
