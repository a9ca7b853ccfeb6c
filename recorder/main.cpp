// SPDX-License-Identifier: MIT
// hindstat-record: one snapshot of the network namespace it runs in, into the store; or one at every beat.
#include "cli/command_line.h"
#include "cli/listing.h"
#include "cli/store_path.h"
#include "recorder/program/keep.h"
#include "recorder/program/options.h"
#include "recorder/program/record.h"
#include "recorder/program/watch.h"
#include "store/store.h"

namespace {

using namespace hindstat;

ExitCode list(const RecordCommand& command) {
  const Store store(command.store.empty() ? default_store_path(false) : command.store);
  const Listing listing = command.json ? format_listing_json(store, command.viewer_zone(), command.listed)
                                       : format_listing(store, command.viewer_zone(), command.listed);
  print(listing.text);
  require_complete(listing);
  return ExitCode::success;
}

ExitCode run(const RecordCommand& command) {
  switch (command.verb) {
    case RecordCommand::Verb::list:
      return list(command);
    case RecordCommand::Verb::watch:
      return watch(command);
    case RecordCommand::Verb::work:
      return command.work(command);
    case RecordCommand::Verb::keep:
      return keep(command);
    case RecordCommand::Verb::record:
      break;
  }
  return record(command);
}

} // namespace

int main(int argc, char** argv) {
  return hindstat::run_tool(record_tool, [&] {
    RecordCommand command;
    CLI::App app("Records one snapshot of this machine's network tables.", record_tool);
    add_record_options(app, command);
    return parse_command_line(app, argc, argv) ? run(command) : ExitCode::success;
  });
}
