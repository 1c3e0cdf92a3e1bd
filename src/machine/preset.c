/* Machines without a file: presets and --qpus. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/nearest.h"
#include "base/units.h"
#include "machine/build.h"
#include "machine/import.h"
#include "machine/preset_files.h"
#include "machine/value.h"

enum option {
    OPTION_N,
    OPTION_DATA,
    OPTION_COMM,
    OPTION_F,
    OPTION_TIME,
    OPTION_CLASSICAL,
    N_OPTIONS
};

static const char *const option_names[N_OPTIONS] = {"n", "data", "comm", "F", "time", "classical"};

struct preset {
    const char *name, *help;
    uint32_t allowed; /* bit per option */
};
static const struct preset presets[] = {
    {"ideal",
     "n QPUs, all joined by perfect links that take no time; ideal:n=4,data=8,comm=unlimited",
     1u << OPTION_N | 1u << OPTION_DATA | 1u << OPTION_COMM},
    {"werner",
     "n QPUs, all joined by Werner pairs of fidelity F; "
     "werner:n=4,data=8,comm=2,F=0.95,time=10us,classical=1us",
     (1u << N_OPTIONS) - 1},
};
enum { N_PRESETS = sizeof presets / sizeof *presets, MAX_FILES = 32 };

struct choice {
    uint32_t n_qpus, n_data, n_comm;
    double fidelity;
    int64_t t_ebit_ps, t_bit_ps;
};

const char *const *machine_presets(void) {
    static const char *pairs[2 * (N_PRESETS + MAX_FILES) + 1];
    CHECK(preset_files_count <= MAX_FILES);
    for (size_t i = 0; i < N_PRESETS; i++) {
        pairs[2 * i] = presets[i].name;
        pairs[2 * i + 1] = presets[i].help;
    }
    for (size_t i = 0; i < preset_files_count; i++) {
        pairs[2 * (N_PRESETS + i)] = preset_files[i].name;
        pairs[2 * (N_PRESETS + i) + 1] = preset_files[i].help;
    }
    return pairs;
}

/* 0 -> A, 25 -> Z, 26 -> AA: bijective base 26. */
static const char *make_name(struct arena *arena, uint32_t i) {
    char buffer[8];
    char *c = buffer + sizeof buffer - 1;
    *c = '\0';
    for (uint32_t k = i + 1; k > 0; k = (k - 1) / 26) {
        *--c = (char)('A' + (k - 1) % 26);
    }
    return arena_strdup(arena, c);
}

static enum status add_qpus(struct machine *m, uint32_t n_qpus) {
    m->qpus = mem_alloc(n_qpus, sizeof *m->qpus);
    if (m->qpus == NULL) {
        return STATUS_NOFIT;
    }
    m->cap_qpus = n_qpus;
    for (; m->n_qpus < n_qpus; m->n_qpus++) {
        const char *name = make_name(&m->arena, u32_from_size(m->n_qpus));
        if (name == NULL) {
            return STATUS_NOFIT;
        }
        m->qpus[m->n_qpus].name = name;
    }
    return machine_index_names(m);
}

static enum status keep_text(struct machine *m) {
    struct text text = {0};
    enum status status = machine_print(&text, m);
    if (status == STATUS_OK) {
        m->text = arena_strndup(&m->arena, text.data, text.n);
        status = m->text != NULL ? STATUS_OK : STATUS_NOFIT;
    }
    text_fini(&text);
    return status;
}

/* n_data of the choice is for each QPU; the first n_extra QPUs get one more. */
static enum status create(struct machine **out_machine, const char *name,
                          const struct choice *choice, uint32_t n_extra) {
    enum status status = STATUS_NOFIT;
    struct machine *m = machine_create();
    if (m == NULL) {
        return STATUS_NOFIT;
    }
    m->name = name;
    TRY_GOTO(add_qpus(m, choice->n_qpus), fail);
    for (uint32_t i = 0; i < choice->n_qpus; i++) {
        m->qpus[i].n_data = choice->n_data + (i < n_extra);
        m->qpus[i].n_comm = choice->n_comm;
    }
    m->is_complete = true;
    m->default_link.t_ebit_ps = choice->t_ebit_ps;
    m->default_link.t_bit_ps = choice->t_bit_ps;
    machine_werner_weights(m->default_link.weights, choice->fidelity);
    TRY_GOTO(keep_text(m), fail);
    *out_machine = m;
    return STATUS_OK;
fail:
    machine_destroy(m);
    return status;
}

enum status machine_create_ideal(struct machine **out_machine, uint32_t n_qpus, uint32_t n_qubits,
                                 uint32_t n_comm) {
    if (n_qpus == 0 || n_qpus > MACHINE_MAX_QPUS) {
        return log_error(STATUS_USAGE, "%u QPUs; expected 1 to %d", n_qpus, MACHINE_MAX_QPUS);
    }
    struct choice choice = {
        .n_qpus = n_qpus, .n_data = n_qubits / n_qpus, .n_comm = n_comm, .fidelity = 1};
    return create(out_machine, "ideal", &choice, n_qubits % n_qpus);
}

static enum status parse_option(struct choice *choice, const char **out_why, enum option option,
                                const char *text) {
    switch (option) {
    case OPTION_N:
        return machine_parse_qpu_count(&choice->n_qpus, out_why, text);
    case OPTION_DATA:
        return machine_parse_count(&choice->n_data, out_why, text);
    case OPTION_COMM:
        return machine_parse_comm(&choice->n_comm, out_why, text);
    case OPTION_F:
        return machine_parse_fidelity(&choice->fidelity, out_why, text);
    case OPTION_TIME:
        return units_parse_time(&choice->t_ebit_ps, out_why, text);
    case OPTION_CLASSICAL:
        return units_parse_time(&choice->t_bit_ps, out_why, text);
    case N_OPTIONS:
        break;
    }
    *out_why = "unknown option";
    return STATUS_INTERNAL;
}

static bool is_allowed(const struct preset *preset, int option) {
    return (preset->allowed >> option & 1) != 0;
}

static enum option find_option(const struct preset *preset, const char *name) {
    int i = 0;
    while (i < N_OPTIONS && !(is_allowed(preset, i) && strcmp(name, option_names[i]) == 0)) {
        i++;
    }
    return (enum option)i;
}

static enum status refuse_option(const struct preset *preset, const char *name) {
    struct nearest near = nearest_start(name);
    struct text list = {0};
    for (int i = 0; i < N_OPTIONS; i++) {
        if (is_allowed(preset, i)) {
            nearest_offer(&near, option_names[i]);
            text_printf(&list, "%s%s", list.n == 0 ? "" : ", ", option_names[i]);
        }
    }
    enum status status =
        near.best != NULL
            ? log_error(STATUS_INPUT, "preset '%s': no option '%.64s'; did you mean '%s'?",
                        preset->name, name, near.best)
            : log_error(STATUS_INPUT, "preset '%s': no option '%.64s'; the options are %s",
                        preset->name, name, list.data != NULL ? list.data : "");
    text_fini(&list);
    return status;
}

/* Splits "n=4,data=8" in place. */
static enum status parse_options(struct choice *choice, const struct preset *preset, char *text) {
    uint32_t seen = 0;
    while (text != NULL) {
        char *item = strsep(&text, ",");
        char *value = strchr(item, '=');
        if (value == NULL) {
            return log_error(STATUS_INPUT, "preset '%s': '%.64s': expected OPTION=VALUE",
                             preset->name, item);
        }
        *value++ = '\0';
        enum option option = find_option(preset, item);
        if (option == N_OPTIONS) {
            return refuse_option(preset, item);
        }
        if ((seen >> option & 1) != 0) {
            return log_error(STATUS_INPUT, "preset '%s': '%s' is given twice", preset->name, item);
        }
        seen |= 1u << option;
        const char *why;
        if (parse_option(choice, &why, option, value) != STATUS_OK) {
            return log_error(STATUS_INPUT, "preset '%s': %s: '%.64s': %s", preset->name, item,
                             value, why);
        }
    }
    return STATUS_OK;
}

static uint64_t count_qubits(const struct choice *choice) {
    uint64_t n_comm = choice->n_comm == MACHINE_UNLIMITED ? 0 : choice->n_comm;
    return choice->n_qpus * (choice->n_data + n_comm);
}

static enum status create_preset(struct machine **out_machine, const struct preset *preset,
                                 const char *options) {
    struct choice choice = {.n_qpus = 4, .n_data = 8, .n_comm = MACHINE_UNLIMITED, .fidelity = 1};
    if (is_allowed(preset, OPTION_F)) {
        choice.n_comm = 2;
        choice.fidelity = 0.95;
        choice.t_ebit_ps = 10000000; /* 10 us */
        choice.t_bit_ps = 1000000;   /* 1 us */
    }
    if (options != NULL) {
        struct arena arena = {0};
        char *copy = arena_strdup(&arena, options);
        enum status status = copy != NULL ? parse_options(&choice, preset, copy) : STATUS_NOFIT;
        arena_fini(&arena);
        TRY(status);
    }
    if (count_qubits(&choice) >= UINT32_MAX) {
        return log_error(STATUS_INPUT, "preset '%s': %llu qubits; at most 2^32 - 2 are supported",
                         preset->name, (unsigned long long)count_qubits(&choice));
    }
    return create(out_machine, preset->name, &choice, 0);
}

/* Files of other tools are rewritten first; what is refused then is named in their words. */
static enum status read_any(struct machine **out_machine, const char *path, const char *text,
                            size_t n) {
    const enum machine_format format = machine_guess_format(text, n);
    if (format == MACHINE_FORMAT_OWN) {
        return machine_read_text(out_machine, path, text, n);
    }
    struct text own = {0};
    enum status status = format == MACHINE_FORMAT_SQUIDASM
                             ? machine_import_squidasm(&own, path, text, n)
                             : machine_import_sequence(&own, path, text, n);
    if (status == STATUS_OK) {
        status = machine_read_text(out_machine, path, own.data, own.n);
    }
    text_fini(&own);
    return status;
}

static enum status read_file(struct machine **out_machine, const char *path) {
    char *text;
    size_t n;
    TRY(file_read(&text, &n, path, (size_t)64 << 20));
    enum status status = read_any(out_machine, path, text, n);
    mem_free(text);
    return status;
}

static enum status refuse_neither(const char *name) {
    char word[64];
    struct text list = {0};
    snprintf(word, sizeof word, "%.*s", (int)strcspn(name, ":"), name);
    struct nearest near = nearest_start(word);
    for (const char *const *pair = machine_presets(); pair[0] != NULL; pair += 2) {
        nearest_offer(&near, pair[0]);
        text_printf(&list, "%s%s", list.n == 0 ? "" : ", ", pair[0]);
    }
    enum status status =
        near.best != NULL
            ? log_error(STATUS_INPUT,
                        "'%s' is neither a machine file nor a preset; did you mean %s?", name,
                        near.best)
            : log_error(STATUS_INPUT,
                        "'%s' is neither a machine file nor a preset; the presets are %s", name,
                        list.data != NULL ? list.data : "");
    text_fini(&list);
    return status;
}

bool machine_is_preset(const char *path_or_preset) {
    const size_t n = strcspn(path_or_preset, ":");
    bool is_one = false;
    for (size_t i = 0; i < N_PRESETS; i++) {
        is_one = is_one ||
                 (strlen(presets[i].name) == n && memcmp(presets[i].name, path_or_preset, n) == 0);
    }
    for (size_t i = 0; i < preset_files_count; i++) {
        is_one = is_one || (strlen(preset_files[i].name) == n &&
                            memcmp(preset_files[i].name, path_or_preset, n) == 0);
    }
    return is_one;
}

enum status machine_read(struct machine **out_machine, const char *path_or_preset) {
    size_t n = strcspn(path_or_preset, ":");
    for (size_t i = 0; i < N_PRESETS; i++) {
        if (strlen(presets[i].name) == n && memcmp(presets[i].name, path_or_preset, n) == 0) {
            const char *options = path_or_preset[n] == ':' ? path_or_preset + n + 1 : NULL;
            return create_preset(out_machine, &presets[i], options);
        }
    }
    for (size_t i = 0; i < preset_files_count; i++) {
        const struct preset_file *file = &preset_files[i];
        if (strlen(file->name) == n && memcmp(file->name, path_or_preset, n) == 0) {
            const char *settings = path_or_preset[n] == ':' ? path_or_preset + n + 1 : NULL;
            return machine_read_text_set(out_machine, file->name, file->text, file->n, settings);
        }
    }
    struct stat info;
    bool is_missing = stat(path_or_preset, &info) != 0 && errno == ENOENT;
    if (is_missing && strcmp(path_or_preset, "-") != 0) {
        return refuse_neither(path_or_preset);
    }
    return read_file(out_machine, path_or_preset);
}
