/* Splits errors of more than two detectors into parts that other errors flip. */
#ifndef QSPAN_DEM_DECOMPOSE_H
#define QSPAN_DEM_DECOMPOSE_H

#include "base/log.h"
#include "dem/dem.h"
#include "dem/mechanisms.h"

/* First parts that are all known as errors of one or two detectors, with the same observables in
 * all; else (unless blocked) as many known ones as fit, with what is left as a part of its own.
 * Errors: STATUS_INPUT at loc: an error that cannot be split, unless failures are ignored. Cost: a
 * search per error, of at most 2^20 steps. */
enum status decompose_mechanisms(struct mechanisms *mechanisms, const struct dem_options *options,
                                 struct src_loc loc);

#endif
