// Which table runs: chosen once from the processor, forced by PALIMPSEST_ISA, or by name.
#pragma once

#include "kernels.h"

namespace palimpsest {

// compiled in and supported by this processor, slowest first, ends with null
const KernelTable* const* supported_tables();

// null when no such table is compiled in or the processor lacks it
const KernelTable* find_table(const char* name);

// null when PALIMPSEST_ISA names a table that cannot run here
const KernelTable* current_table();

// process-wide; all tables give the same bits, so a race is harmless
void select_table(const KernelTable*);

}  // namespace palimpsest
