// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string_view>

#include "base/error.h"

namespace hindstat {

/// Runs the body of a tool: an Error (or any other exception) becomes one sentence on stderr, "hindstat-diff: ...",
/// and the process's exit status. SIGPIPE is ignored: a closed pipe leaves the exit status as it is.
[[nodiscard]] int run_tool(std::string_view tool, const std::function<ExitCode()>& body);

/// Writes to standard output at once (one write(2): collect small pieces first). Throws Error when that fails (disk
/// full); a closed pipe is quiet.
void print(std::string_view text);

/// A warning on stderr, "hindstat-diff: warning: ...".
void warn(std::string_view tool, std::string_view sentence);

} // namespace hindstat
