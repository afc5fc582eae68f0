/* SPDX-License-Identifier: ISC */
#include "base/file_watch.h"
#include "base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Links that lead from one to the other, at the most; as in the kernel. */
#define LINKS_MAX 40
#define LOOK_MILLISECONDS 60000
#define ZFS_MAGIC 0x2FC12FC1

struct file_watch {
    struct file_watch_paths paths; /* borrowed */
    uint64_t signature;            /* over what stat(2) says of everything */
    int inotify;                   /* -1: not begun, or not to be had */
    bool begun;
    bool blind; /* something is not watched */
    int64_t looked_at;
};

/* A path that is followed, component by component. */
struct walk {
    struct file_watch *watch;
    uint64_t hash;
    char at[2 * PATH_MAX];   /* the directory so far */
    char rest[2 * PATH_MAX]; /* what is still to be followed */
};

/* FNV-1a. */
static void mix(uint64_t *hash, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;

    for (; length > 0; length--, at++)
        *hash = (*hash ^ *at) * 0x100000001B3U;
}

static void mix_number(uint64_t *hash, int64_t number)
{
    mix(hash, &number, sizeof(number));
}

static void mix_status(uint64_t *hash, const struct stat *status)
{
    mix_number(hash, (int64_t)status->st_dev);
    mix_number(hash, (int64_t)status->st_ino);
    mix_number(hash, (int64_t)status->st_mode);
    mix_number(hash, (int64_t)status->st_size);
    mix_number(hash, status->st_mtim.tv_sec);
    mix_number(hash, status->st_mtim.tv_nsec);
    mix_number(hash, status->st_ctim.tv_sec);
    mix_number(hash, status->st_ctim.tv_nsec);
}

static void add_watch(struct file_watch *watch, const char *path, uint32_t events)
{
    if (watch->inotify >= 0 && inotify_add_watch(watch->inotify, path, events | IN_MASK_ADD) < 0)
        watch->blind = true;
}

/* Local file systems: nobody writes to them but through this kernel. */
static bool is_local(const char *path)
{
    static const unsigned long local[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
        TMPFS_MAGIC, RAMFS_MAGIC, F2FS_SUPER_MAGIC, ZFS_MAGIC, OVERLAYFS_SUPER_MAGIC,
        SQUASHFS_MAGIC, ISOFS_SUPER_MAGIC};
    struct statfs system;
    size_t i;

    if (statfs(path, &system) != 0)
        return false;
    for (i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
        if ((unsigned long)system.f_type == local[i])
            return true;
    }
    return false;
}

static void watch_directory(struct file_watch *watch, const char *path)
{
    add_watch(watch, path,
        IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF |
            IN_ONLYDIR);
}

static void watch_end(struct file_watch *watch, const char *path)
{
    if (watch->inotify < 0)
        return;
    add_watch(watch, path, IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF);
    if (!is_local(path))
        watch->blind = true;
}

/* Takes the next component of the rest and puts it behind the directory. false when there is none,
 * or no room. */
static bool step(const struct walk *walk, char *next, size_t size, size_t *taken)
{
    size_t skip = strspn(walk->rest, "/"), length = strcspn(walk->rest + skip, "/");
    int written;

    *taken = skip + length;
    if (length == 0)
        return false;
    written = snprintf(next, size, "%s%s%.*s", walk->at,
        walk->at[strlen(walk->at) - 1] == '/' ? "" : "/", (int)length, walk->rest + skip);
    return written > 0 && (size_t)written < size;
}

/* Puts what a link says before the rest. */
static bool follow(struct walk *walk, const char *link, size_t taken)
{
    char target[PATH_MAX], rest[2 * PATH_MAX];
    ssize_t length = readlink(link, target, sizeof(target) - 1);
    int written;

    if (length <= 0)
        return false;
    target[length] = '\0';
    mix(&walk->hash, target, (size_t)length);
    written = snprintf(rest, sizeof(rest), "%s/%s", target, walk->rest + taken);
    if (written < 0 || (size_t)written >= sizeof(rest))
        return false;
    memcpy(walk->rest, rest, (size_t)written + 1);
    if (target[0] == '/')
        memcpy(walk->at, "/", 2);
    return true;
}

/* To the end of the path: each directory on the way is watched, so that a name in it that leads
 * elsewhere is noticed, and the file. */
static void follow_path(struct walk *walk)
{
    char next[2 * PATH_MAX];
    struct stat status;
    size_t taken;
    int links = 0;

    while (step(walk, next, sizeof(next), &taken)) {
        watch_directory(walk->watch, walk->at);
        if (lstat(next, &status) != 0) {
            mix_number(&walk->hash, errno);
            return;
        }
        if (S_ISLNK(status.st_mode)) {
            if (++links > LINKS_MAX || !follow(walk, next, taken))
                return;
            continue;
        }
        memcpy(walk->at, next, strlen(next) + 1);
        memmove(walk->rest, walk->rest + taken, strlen(walk->rest + taken) + 1);
    }
    watch_end(walk->watch, walk->at);
    if (stat(walk->at, &status) == 0)
        mix_status(&walk->hash, &status);
}

static uint64_t sign_path(struct file_watch *watch, const char *path)
{
    struct walk *walk;
    uint64_t hash;

    if (strlen(path) >= PATH_MAX)
        return 0;
    walk = malloc(sizeof(*walk));
    if (walk == NULL) {
        watch->blind = true;
        return (uint64_t)clock_microseconds(); /* as if it had moved */
    }
    walk->watch = watch;
    walk->hash = 0xCBF29CE484222325U;
    memcpy(walk->at, path[0] == '/' ? "/" : ".", 2);
    memcpy(walk->rest, path, strlen(path) + 1);
    mix(&walk->hash, path, strlen(path));
    follow_path(walk);
    hash = walk->hash;
    free(walk);
    return hash;
}

/* The entries' sum, since their order says nothing. */
static uint64_t sign_entries(struct file_watch *watch, const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    uint64_t sum = 0;

    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        char name[PATH_MAX];
        int written = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);

        if (entry->d_name[0] == '.' || written < 0 || (size_t)written >= sizeof(name))
            continue;
        if (watch->paths.is_wanted == NULL || watch->paths.is_wanted(entry->d_name))
            sum += sign_path(watch, name);
        else
            mix(&sum, "", 1);
    }
    if (directory != NULL)
        (void)closedir(directory);
    return sum;
}

static uint64_t sign_list(struct file_watch *watch, const struct list *paths)
{
    uint64_t hash = 0;
    size_t i;

    for (i = 0; i < paths->count; i++) {
        struct stat status;
        bool is_directory;

        if (strcmp(paths->items[i], "-") == 0)
            continue;
        is_directory = stat(paths->items[i], &status) == 0 && S_ISDIR(status.st_mode);
        mix_number(&hash, (int64_t)sign_path(watch, paths->items[i]));
        if (is_directory)
            mix_number(&hash, (int64_t)sign_entries(watch, paths->items[i]));
    }
    return hash;
}

static uint64_t sign_all(struct file_watch *watch)
{
    uint64_t hash = 0;
    size_t i;

    for (i = 0; i < FILE_WATCH_LISTS; i++) {
        if (watch->paths.lists[i] != NULL)
            mix_number(&hash, (int64_t)sign_list(watch, watch->paths.lists[i]));
    }
    if (watch->paths.file != NULL)
        mix_number(&hash, (int64_t)sign_path(watch, watch->paths.file));
    watch->looked_at = clock_milliseconds();
    return hash;
}

struct file_watch *file_watch_new(const struct file_watch_paths *paths)
{
    struct file_watch *watch = calloc(1, sizeof(*watch));

    if (watch == NULL)
        return NULL;
    watch->paths = *paths;
    watch->inotify = -1;
    return watch;
}

static void end_inotify(struct file_watch *watch)
{
    if (watch->inotify >= 0)
        (void)close(watch->inotify);
    watch->inotify = -1;
}

void file_watch_free(struct file_watch *watch)
{
    if (watch == NULL)
        return;
    end_inotify(watch);
    free(watch);
}

/* Adds all watches again, since those of files that were replaced are gone. Those that stay are as
 * they were; to close them all and begin anew makes close(2) wait for a tenth of a second. */
static uint64_t watch_anew(struct file_watch *watch)
{
    uint64_t signature;

    watch->begun = true;
    if (watch->inotify < 0)
        watch->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    watch->blind = watch->inotify < 0;
    signature = sign_all(watch);
    if (watch->blind)
        end_inotify(watch);
    return signature;
}

void file_watch_mark(struct file_watch *watch)
{
    watch->signature = watch->begun ? watch_anew(watch) : sign_all(watch);
}

static bool has_events(const struct file_watch *watch)
{
    char events[16384];
    bool any = false;

    while (read(watch->inotify, events, sizeof(events)) > 0)
        any = true;
    return any;
}

bool file_watch_has_moved(struct file_watch *watch)
{
    uint64_t before = watch->signature;

    if (!watch->begun || (!watch->blind && has_events(watch)))
        watch->signature = watch_anew(watch);
    else if (watch->blind || clock_milliseconds() - watch->looked_at >= LOOK_MILLISECONDS)
        watch->signature = sign_all(watch);
    return watch->signature != before;
}
