/* A drawing of a machine: QPUs, switches, repeaters, fibres or links, in layers or on a circle. */
#ifndef QSPAN_MACHINE_SVG_H
#define QSPAN_MACHINE_SVG_H

#include "machine/machine.h"

/* SVG 1.1, standalone. Nodes far from all QPUs are drawn higher; a machine without switches and
 * repeaters is drawn on a circle. Many QPUs stand in two columns under their switch, in a lattice
 * where each has two. Racks and data centres frame their QPUs. Errors: STATUS_NOFIT. */
enum status machine_print_svg(struct text *out, const struct machine *machine);

#endif
