// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table unix_socket without owners: unix_diag, with the reference counts and the sockets without an inode (embryos
/// in a listener's queue) of /proc/net/unix; that file alone where unix_diag does not answer.
/// Coverage: "unix=netlink embryos=proc".
void read_unix_sockets(ReadContext& context);

} // namespace hindstat
