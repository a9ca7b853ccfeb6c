// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/program/options.h"

namespace hindstat {

/// The verbs of hindstat-record that work on stores and record nothing: rm, import, export, verify, salvage. The one
/// that is given sets command.work.
void add_store_verbs(CLI::App& app, RecordCommand& command);

} // namespace hindstat
