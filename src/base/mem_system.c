#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

static const size_t huge_page = (size_t)2 << 20;

/* n_bytes in whole huge pages, at least one; 0 on overflow. */
static size_t round_to_huge(size_t n_bytes) {
    size_t n_padded;
    if (!size_add(&n_padded, n_bytes > 0 ? n_bytes : 1, huge_page - 1)) {
        return 0;
    }
    return n_padded - n_padded % huge_page;
}

void *mem_map(size_t n_bytes) {
    size_t n_mapped = round_to_huge(n_bytes);
    size_t n_total;
    if (n_mapped == 0 || !size_add(&n_total, n_mapped, huge_page)) {
        return NULL;
    }
    char *start = mmap(NULL, n_total, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) {
        return NULL;
    }
    size_t n_head = (huge_page - (uintptr_t)start % huge_page) % huge_page;
    if (n_head > 0) {
        munmap(start, n_head);
    }
    munmap(start + n_head + n_mapped, huge_page - n_head);
    madvise(start + n_head, n_mapped, MADV_HUGEPAGE);
    return start + n_head;
}

void mem_unmap(void *block, size_t n_bytes) {
    if (block) {
        munmap(block, round_to_huge(n_bytes));
    }
}

/* The number in `path` on the line that starts with `key` ("" = the first line); UINT64_MAX if
 * there is none, as for "max". */
static uint64_t read_number(const char *path, const char *key) {
    FILE *file = fopen(path, "re");
    if (!file) {
        return UINT64_MAX;
    }
    char line[256];
    uint64_t value = UINT64_MAX;
    size_t n_key = strlen(key);
    while (value == UINT64_MAX && fgets(line, sizeof line, file)) {
        char *end;
        if (strncmp(line, key, n_key) != 0) {
            continue;
        }
        errno = 0;
        uint64_t number = strtoull(line + n_key, &end, 10);
        if (end == line + n_key) {
            break;
        }
        value = number;
    }
    fclose(file);
    return value;
}

/* What a cgroup folder leaves: limit - used, counting file cache that can be dropped as free. */
static uint64_t cgroup_room(const char *folder, const char *limit_name, const char *usage_name,
                            const char *cache_key) {
    char path[4096 + 64];
    snprintf(path, sizeof path, "%s/%s", folder, limit_name);
    uint64_t limit = read_number(path, "");
    snprintf(path, sizeof path, "%s/%s", folder, usage_name);
    uint64_t used = read_number(path, "");
    if (limit == UINT64_MAX || used == UINT64_MAX) {
        return UINT64_MAX;
    }
    snprintf(path, sizeof path, "%s/memory.stat", folder);
    uint64_t cache = read_number(path, cache_key);
    used -= cache < used ? cache : 0;
    return used < limit ? limit - used : 0;
}

/* The least room on the way from a cgroup up to the root of its tree. */
static uint64_t least_room(const char *root, const char *group, bool is_v2) {
    char folder[4096];
    int n = snprintf(folder, sizeof folder, "%s%s", root, group);
    if (n < 0 || (size_t)n >= sizeof folder) {
        return UINT64_MAX;
    }
    uint64_t least = UINT64_MAX;
    for (;;) {
        uint64_t room = is_v2
                            ? cgroup_room(folder, "memory.max", "memory.current", "inactive_file ")
                            : cgroup_room(folder, "memory.limit_in_bytes", "memory.usage_in_bytes",
                                          "total_inactive_file ");
        least = room < least ? room : least;
        char *slash = strrchr(folder, '/');
        if (strlen(folder) <= strlen(root) || !slash) {
            return least;
        }
        *slash = '\0';
    }
}

/* Lines of /proc/self/cgroup: "0::/path" (v2) or "5:memory:/path" (v1). */
static uint64_t cgroups_room(void) {
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (!file) {
        return UINT64_MAX;
    }
    char line[4096];
    uint64_t least = UINT64_MAX;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group) {
            continue;
        }
        *group++ = '\0';
        uint64_t room = UINT64_MAX;
        if (controllers[1] == '\0') {
            room = least_room("/sys/fs/cgroup", group, true);
        } else if (strstr(controllers + 1, "memory")) {
            room = least_room("/sys/fs/cgroup/memory", group, false);
        }
        least = room < least ? room : least;
    }
    fclose(file);
    return least;
}

uint64_t mem_available(void) {
    uint64_t kib = read_number("/proc/meminfo", "MemAvailable:");
    uint64_t system = kib > UINT64_MAX / 1024 ? UINT64_MAX : kib * 1024;
    uint64_t groups = cgroups_room();
    return system < groups ? system : groups;
}
