#include "engine/engine.h"

const struct engine_class engine_frame = {.name = "frame"};
