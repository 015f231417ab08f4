/* Whole files. Assumes POSIX. A new file gets the permissions that the umask leaves; it never shows half of its content under
 * its own name, not even after a power cut, because it is on the disk before it is renamed. */
#define _XOPEN_SOURCE 700
#include "io/file.h"

#include "core/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const gt_file_part *parts, size_t n_parts) {
    for (size_t i = 0; i < n_parts; i++) {
        const char *at = parts[i].data;
        for (size_t left = parts[i].size; left > 0;) {
            ssize_t n = write(fd, at, left);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return -1;
            at += n;
            left -= (size_t)n;
        }
    }
    return 0;
}

/* Writes, flushes where sync says so, and closes in any case. -1 with errno of the first failure. */
static int write_and_close(int fd, const gt_file_part *parts, size_t n_parts, bool sync) {
    int error = 0;
    if (write_all(fd, parts, n_parts) != 0 || (sync && fsync(fd) != 0)) error = errno;
    if (close(fd) != 0 && error == 0) error = errno;
    errno = error;
    return error == 0 ? 0 : -1;
}

/* -1 with errno. The numbers keep writers of the same file, in this process or another, apart. */
static int replace(const char *target, const gt_file_part *parts, size_t n_parts) {
    size_t size = strlen(target) + 48;
    char *name = malloc(size);
    if (name == NULL) return -1;
    int fd = -1;
    for (int n = 0; fd < 0; n++) {
        snprintf(name, size, "%s.%ld-%d.tmp", target, (long)getpid(), n);
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST) break;
    }
    int error = 0;
    if (fd < 0) {
        error = errno;
    } else if (write_and_close(fd, parts, n_parts, true) != 0 || rename(name, target) != 0) {
        error = errno;
        unlink(name);
    }
    free(name);
    errno = error;
    return error == 0 ? 0 : -1;
}

static int write_parts(const char *path, const gt_file_part *parts, size_t n_parts) {
    struct stat info;
    if (stat(path, &info) != 0) return replace(path, parts, n_parts);
    if (!S_ISREG(info.st_mode)) {
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        return fd < 0 ? -1 : write_and_close(fd, parts, n_parts, false);
    }
    char *target = realpath(path, NULL);
    if (target == NULL) return -1;
    int result = replace(target, parts, n_parts);
    int error = errno;
    free(target);
    errno = error;
    return result;
}

gt_status gt_file_write_parts(const char *path, const gt_file_part *parts, size_t n_parts) {
    if (write_parts(path, parts, n_parts) == 0) return GT_OK;
    return gt_fail(GT_ERR_IO, "can't write %s: %s", path, strerror(errno));
}

gt_status gt_file_write(const char *path, const void *data, size_t size) {
    return gt_file_write_parts(path, &(gt_file_part){.data = data, .size = size}, 1);
}

/* Reads fd to its end; the size may differ from what fstat says (a pipe, a file that grows). 0 or an errno; the caller frees
 * *buffer in either case. */
static int read_all(int fd, size_t max_bytes, char **buffer, size_t *size) {
    struct stat info;
    if (fstat(fd, &info) != 0) return errno;
    if (S_ISDIR(info.st_mode)) return EISDIR;
    if (!S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode)) return EINVAL;
    if ((uintmax_t)info.st_size > max_bytes) return EFBIG;
    for (size_t capacity = (size_t)info.st_size + 2;; capacity += capacity / 2 + 65536) { /* the NUL, and one to meet the end */
        char *larger = realloc(*buffer, capacity);
        if (larger == NULL) return ENOMEM;
        *buffer = larger;
        while (*size + 1 < capacity) {
            ssize_t n = read(fd, *buffer + *size, capacity - 1 - *size);
            if (n < 0 && errno != EINTR) return errno;
            if (n == 0) return 0;
            if (n > 0) *size += (size_t)n;
            if (*size > max_bytes) return EFBIG;
        }
    }
}

gt_status gt_file_read(const char *path, size_t max_bytes, char **data, size_t *size) {
    char *buffer = NULL;
    size_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 ? errno : read_all(fd, max_bytes, &buffer, &n);
    if (fd >= 0) close(fd);
    if (error == 0) {
        buffer[n] = '\0';
        *data = buffer;
        *size = n;
        return GT_OK;
    }
    free(buffer);
    if (error == EFBIG)
        return gt_fail(GT_ERR_FILE, "can't read %s: it is longer than %zu bytes, the most that is taken here", path, max_bytes);
    return gt_fail(error == ENOMEM ? GT_ERR_MEMORY : GT_ERR_FILE, "can't read %s: %s", path, strerror(error));
}
