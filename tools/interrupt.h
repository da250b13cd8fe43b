// Ctrl-C while a program runs.
#pragma once

#include <memory>

#include "weld/module.h"

namespace weld::tools {

// Runs the module, and fills the profile when there is one, and tells how long that took. Meanwhile SIGINT cancels the engine's
// runs instead of ending the process; where the process ignores SIGINT it goes on ignoring it. One call at a time.
Value run_interruptibly(const Module& module, const std::shared_ptr<runtime::Engine>& engine, const void* arguments,
                        double* milliseconds, runtime::RunProfile* profile = nullptr);

// Makes SIGINT do nothing from now on, save where it cancels a run. For a terminal at which Ctrl-C is a key.
void survive_interrupts();

}  // namespace weld::tools
