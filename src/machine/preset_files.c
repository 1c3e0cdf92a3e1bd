#include "machine/preset_files.h"

static const char cisco_qdc_2026[] = {
#include "machine/cisco-qdc-2026.h"
};
static const char today_cryo_mw[] = {
#include "machine/today-cryo-mw.h"
};
static const char today_ion[] = {
#include "machine/today-ion.h"
};
static const char today_transducer[] = {
#include "machine/today-transducer.h"
};
static const char today_metro[] = {
#include "machine/today-metro.h"
};
static const char demo_2030[] = {
#include "machine/demo-2030.h"
};
static const char demo_2030_clean[] = {
#include "machine/demo-2030-clean.h"
};
static const char ft_2035[] = {
#include "machine/ft-2035.h"
};
static const char squidasm_ion[] = {
#include "machine/squidasm-ion.h"
};

#define FILE_OF(name, array, help)                                                                 \
    { name, help, array, sizeof array - 1 }

const struct preset_file preset_files[] = {
    FILE_OF("cisco-qdc-2026", cisco_qdc_2026, "a data centre of switches, arXiv:2601.01353"),
    FILE_OF("today-cryo-mw", today_cryo_mw,
            "two transmon QPUs on a cryogenic waveguide, as measured"),
    FILE_OF("today-ion", today_ion, "two trapped-ion modules, as measured"),
    FILE_OF("today-transducer", today_transducer, "today's transducers: useless, a warning"),
    FILE_OF("today-metro", today_metro, "a metropolitan star with a swap in the hub, as measured"),
    FILE_OF("demo-2030", demo_2030, "a demonstration around 2030"),
    FILE_OF("demo-2030-clean", demo_2030_clean, "the same with cleaner transducers"),
    FILE_OF("ft-2035", ft_2035, "a fault-tolerant data centre"),
    FILE_OF("squidasm-ion", squidasm_ion, "trapped ions as in SquidASM's examples"),
};
const size_t preset_files_count = sizeof preset_files / sizeof *preset_files;
