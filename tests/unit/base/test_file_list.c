/* SPDX-License-Identifier: ISC */
#include "base/file.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Which files a path stands for. */

static void expect_list(const char *dir, const struct list *list, const char *const *wanted)
{
    size_t i;

    for (i = 0; wanted[i] != NULL && i < list->count; i++) {
        char *path = pki_path(dir, wanted[i]);

        cr_expect_str_eq(list->items[i], path);
        free(path);
    }
    cr_expect(wanted[i] == NULL && i == list->count, "%zu files", list->count);
}

Test(file_list, a_directory_lists_its_regular_files_in_order_of_their_names)
{
    static const char *const names[] = {"b.pem", "a.pem", ".hidden", "B.pem", "10", "9", "a b\n"};
    static const char *const wanted[] = {
        "10", "9", "B.pem", "a b\n", "a.pem", "b.pem", "link.pem", NULL};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char *dir = pki_temp_dir(), *path, *target;
    struct list list = {0};
    struct error error = {0};
    size_t i;
    int fd;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        free(pki_write_text(dir, names[i], "x"));
    path = pki_path(dir, "folder");
    target = pki_path(dir, "a.pem");
    cr_assert_eq(mkdir(path, 0700), 0);
    free(pki_write_text(path, "inner", "x"));
    free(path);
    path = pki_path(dir, "link.pem");
    cr_assert_eq(symlink(target, path), 0);
    free(path);
    path = pki_path(dir, "fifo");
    cr_assert_eq(mkfifo(path, 0600), 0);
    free(path);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", dir);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    cr_assert(file_list(dir, NULL, &list, NULL, &error), "%s", error.text);
    expect_list(dir, &list, wanted);
    list_free(&list);
    list_free(&list);
    free(target);
    pki_remove_dir(dir);
}

Test(file_list, a_file_stands_for_itself_whatever_it_is)
{
    char *dir = pki_temp_dir(), *path = pki_write_text(dir, ".f", "x"),
         *fifo = pki_path(dir, "fifo");
    const char *paths[3] = {path, fifo, "-"};
    struct list list = {0};
    struct error error = {0};
    size_t i;

    cr_assert_eq(mkfifo(fifo, 0600), 0);
    for (i = 0; i < 3; i++) {
        cr_assert(file_list(paths[i], NULL, &list, NULL, &error), "%s", error.text);
        cr_expect_eq(list.count, 1);
        cr_expect_str_eq(list.items[0], paths[i]);
        list_free(&list);
    }
    free(path);
    free(fifo);
    pki_remove_dir(dir);
}

static void expect_no_list(const char *path, const char *words)
{
    struct list list = {0};
    struct error error = {0};

    cr_expect_not(file_list(path, NULL, &list, NULL, &error), "%s: listed", path);
    cr_expect_eq(error.kind, ERROR_FILE);
    cr_expect_not_null(
        strstr(error.text, words), "expected \"%s\", came \"%s\"", words, error.text);
    cr_expect(list.items == NULL && list.count == 0);
}

static bool ends_in_pem(const char *name)
{
    return strlen(name) > 4 && strcmp(name + strlen(name) - 4, ".pem") == 0;
}

Test(file_list, a_list_passes_over_links_to_nothing_and_names_that_nobody_wants)
{
    char *dir = pki_temp_dir(), *path = pki_path(dir, "dangling.pem");
    struct list list = {0}, passed_over = {0};
    struct error error = {0};

    expect_no_list(path, "dangling.pem: No such file or directory");
    free(pki_write_text(dir, "b.pem", "x"));
    free(pki_write_text(dir, "a.pem", "x"));
    free(pki_write_text(dir, "a.pem~", "x"));
    free(pki_write_text(dir, "README", "x"));
    free(pki_write_text(dir, ".hidden", "x"));
    cr_assert_eq(symlink("nowhere", path), 0);
    cr_assert(file_list(dir, ends_in_pem, &list, &passed_over, &error), "%s", error.text);
    cr_assert_eq(list.count, 2);
    cr_expect_not_null(strstr(list.items[0], "/a.pem"));
    cr_expect_not_null(strstr(list.items[1], "/b.pem"));
    cr_assert_eq(passed_over.count, 3);
    cr_expect_str_eq(passed_over.items[0], "README");
    cr_expect_str_eq(passed_over.items[1], "a.pem~");
    cr_expect_str_eq(passed_over.items[2], "dangling.pem");
    list_free(&list);
    list_free(&passed_over);
    cr_assert(file_list(dir, NULL, &list, NULL, &error), "%s", error.text);
    cr_expect_eq(list.count, 4);
    list_free(&list);
    free(path);
    pki_remove_dir(dir);
}

Test(file_list, a_directory_holds_a_bounded_number_of_files)
{
    char *dir = pki_temp_dir(), name[16];
    struct list list = {0};
    struct error error = {0};
    int i;

    for (i = 0; i <= FILE_MAX_ENTRIES; i++) {
        if (i == FILE_MAX_ENTRIES) {
            cr_expect(file_list(dir, NULL, &list, NULL, &error), "%s", error.text);
            cr_expect_eq(list.count, FILE_MAX_ENTRIES);
            list_free(&list);
        }
        (void)snprintf(name, sizeof(name), "%d", i);
        free(pki_write_text(dir, name, ""));
    }
    expect_no_list(dir, ": more than 4096 files");
    pki_remove_dir(dir);
}
