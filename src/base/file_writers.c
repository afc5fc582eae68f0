/* SPDX-License-Identifier: ISC */
#include "base/file_writers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool others_may_write(const struct stat *status)
{
    return (status->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

static unsigned mode_of(const struct stat *status)
{
    return (unsigned)status->st_mode & 07777U;
}

/* Whose file it is can change it. */
static bool warn_of_owner(
    const char *path, const struct stat *status, struct list *warnings, struct error *error)
{
    struct error words;

    if (status->st_uid == 0 || status->st_uid == geteuid())
        return true;
    error_set(&words, ERROR_NONE,
        "%s: belongs to another user (%u), who can change who gets in; chown root", path,
        (unsigned)status->st_uid);
    return list_add(warnings, words.text, error);
}

bool file_writers_check(
    const char *path, const char *what, struct list *warnings, struct error *error)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        error_set(error, ERROR_FILE, "%s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        error_set(error, ERROR_FILE, "%s: %s must be a regular file", path, what);
        return false;
    }
    if (others_may_write(&status)) {
        error_set(error, ERROR_FILE,
            "%s: group or others may write to the %s (mode %04o); chmod go-w", path, what,
            mode_of(&status));
        return false;
    }
    return warnings == NULL || (warn_of_owner(path, &status, warnings, error) &&
                                   file_writers_warn_of_folder(path, what, warnings, error));
}

bool file_writers_warn(
    const char *path, const char *what, struct list *warnings, struct error *error)
{
    struct error words;
    struct stat status;

    if (strcmp(path, "-") == 0 || stat(path, &status) != 0 || !others_may_write(&status))
        return true;
    if (S_ISREG(status.st_mode))
        error_set(&words, ERROR_NONE,
            "%s: group or others may write to it (mode %04o), and so change the %s; chmod go-w",
            path, mode_of(&status), what);
    else if (S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) == 0)
        error_set(&words, ERROR_NONE,
            "%s: group or others may write to this folder (mode %04o), and so replace the %s; "
            "chmod go-w",
            path, mode_of(&status), what);
    else
        return true;
    return list_add(warnings, words.text, error);
}

bool file_writers_warn_of_folder(
    const char *path, const char *what, struct list *warnings, struct error *error)
{
    const char *slash = strrchr(path, '/');
    char *folder = NULL;
    bool good;

    if (strcmp(path, "-") == 0)
        return true;
    if (slash == NULL || slash == path)
        return file_writers_warn(slash == NULL ? "." : "/", what, warnings, error);
    folder = strndup(path, (size_t)(slash - path));
    if (folder == NULL) {
        error_set(error, ERROR_MEMORY, "%s: out of memory", path);
        return false;
    }
    good = file_writers_warn(folder, what, warnings, error);
    free(folder);
    return good;
}
