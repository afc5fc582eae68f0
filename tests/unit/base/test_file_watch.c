/* SPDX-License-Identifier: ISC */
#include "base/file_watch.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char *dir;

static void make_dir(void)
{
    dir = pki_temp_dir();
}

static void remove_dir(void)
{
    pki_remove_dir(dir);
}

TestSuite(file_watch, .init = make_dir, .fini = remove_dir);

static char *in_dir(const char *name)
{
    return pki_path(dir, name);
}

static bool is_wanted(const char *name)
{
    return strstr(name, ".pem") != NULL;
}

/* The list is borrowed. */
static struct file_watch *watch_path(char **path, struct list *list)
{
    const struct file_watch_paths paths = {.lists = {NULL, list}, .is_wanted = is_wanted};
    struct file_watch *watch = file_watch_new(&paths);

    *list = (struct list){.items = path, .count = 1};
    cr_assert_not_null(watch);
    file_watch_mark(watch);
    cr_expect_not(file_watch_has_moved(watch), "nothing moved");
    cr_expect_not(file_watch_has_moved(watch), "nothing moved, by inotify");
    return watch;
}

static void append(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND);

    pki_must(fd >= 0 && write(fd, "#", 1) == 1 && close(fd) == 0, path);
}

/* Told once. */
static void expect_moved(struct file_watch *watch, const char *what)
{
    cr_expect(file_watch_has_moved(watch), "%s", what);
    cr_expect_not(file_watch_has_moved(watch), "%s: told twice", what);
}

Test(file_watch, a_file_that_is_written_to_replaced_removed_or_put_back_has_moved)
{
    char *path = pki_write_text(dir, "a.pem", "x"), *new = NULL;
    struct list list;
    struct file_watch *watch = watch_path(&path, &list);
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
    cr_expect_not(file_watch_has_moved(watch), "another file");
    file_watch_free(watch);
    free(path);
}

/* As the rules are: a file, and others that are known only later. */
Test(file_watch, a_file_beside_a_list_that_grows)
{
    char *path = pki_write_text(dir, "a", "x"), *later = pki_write_text(dir, "b", "x");
    struct list list = {.count = 0};
    struct file_watch *watch =
        file_watch_new(&(struct file_watch_paths){.file = path, .lists = {&list}});

    file_watch_mark(watch);
    append(path);
    expect_moved(watch, "the file is written to");
    append(later);
    cr_expect_not(file_watch_has_moved(watch), "another file");
    list = (struct list){.items = &later, .count = 1};
    file_watch_mark(watch);
    cr_expect_not(file_watch_has_moved(watch), "nothing moved");
    append(later);
    expect_moved(watch, "what is in the list by now is written to");
    append(path);
    expect_moved(watch, "the file is written to");
    file_watch_free(watch);
    file_watch_free(NULL);
    free(path);
    free(later);
}

/* As many descriptors as there are already: none for inotify. */
static void limit_descriptors(bool limited)
{
    struct rlimit limit;

    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limited ? 3 : limit.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

Test(file_watch, without_inotify_files_are_looked_at_each_time)
{
    char *path = pki_write_text(dir, "a", "x"), *new = NULL;
    struct file_watch *watch = file_watch_new(&(struct file_watch_paths){.file = path});

    file_watch_mark(watch);
    limit_descriptors(true);
    cr_expect_not(file_watch_has_moved(watch), "nothing moved");
    limit_descriptors(false);
    append(path);
    expect_moved(watch, "written to");
    new = pki_write_text(dir, "new", "y");
    cr_assert_eq(rename(new, path), 0);
    expect_moved(watch, "replaced");
    cr_assert_eq(unlink(path), 0);
    expect_moved(watch, "removed");
    file_watch_free(watch);
    free(new);
    free(path);
}

Test(file_watch, a_folder_has_moved_with_any_file_in_it)
{
    char *folder = in_dir("d"), *path, *outside = pki_write_text(dir, "outside.pem", "x");
    struct file_watch *watch;
    struct list list;

    cr_assert_eq(mkdir(folder, 0700), 0);
    path = pki_write_text(folder, "a.pem", "x");
    watch = watch_path(&folder, &list);
    append(path);
    expect_moved(watch, "written to");
    free(path);
    path = pki_write_text(folder, "b.pem", "x");
    expect_moved(watch, "one more");
    append(path);
    expect_moved(watch, "the new one is written to");
    cr_assert_eq(unlink(path), 0);
    expect_moved(watch, "one fewer");
    free(pki_write_text(folder, "README", "x"));
    expect_moved(watch, "one more, though none that is wanted");
    free(path);
    path = in_dir("d/README");
    append(path);
    cr_expect_not(file_watch_has_moved(watch), "what is not wanted is not looked at");
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
    file_watch_free(watch);
    free(path);
    free(folder);
    free(outside);
}

/* As Kubernetes mounts secrets: a.pem -> data/a.pem, data -> version1. */
Test(file_watch, a_link_on_the_way_that_leads_elsewhere_has_moved)
{
    char *versions[2] = {in_dir("version1"), in_dir("version2")};
    char *data = in_dir("data"), *new = in_dir("new"), *path = in_dir("a.pem");
    struct file_watch *watch;
    struct list list;
    int i;

    for (i = 0; i < 2; i++) {
        cr_assert_eq(mkdir(versions[i], 0700), 0);
        free(pki_write_text(versions[i], "a.pem", "x"));
    }
    cr_assert(symlink("version1", data) == 0 && symlink("data/a.pem", path) == 0);
    watch = watch_path(&path, &list);
    for (i = 1; i < 5; i++) {
        cr_assert(
            symlink(i % 2 == 1 ? "version2" : "version1", new) == 0 && rename(new, data) == 0);
        expect_moved(watch, "another version");
    }
    file_watch_free(watch);
    for (i = 0; i < 2; i++)
        free(versions[i]);
    free(data);
    free(new);
    free(path);
}

Test(file_watch, links_in_a_circle_and_paths_that_are_too_long_are_looked_at_all_the_same)
{
    char *circle = in_dir("circle"), *path = malloc(8000);
    struct file_watch *watch;
    struct list list;

    cr_assert_eq(symlink("circle", circle), 0);
    watch = watch_path(&circle, &list);
    cr_assert_eq(unlink(circle), 0);
    free(pki_write_text(dir, "circle", "x"));
    expect_moved(watch, "now a file");
    file_watch_free(watch);
    memset(path, 'x', 7999);
    path[7999] = '\0';
    watch = watch_path(&path, &list);
    file_watch_free(watch);
    free(path);
    free(circle);
}
