// Every conversation in the house, on one page. Messages carry shared pointers: they never leave this process.
//
//   http          -> Directory<D>   ask(id, Ask)               a command for one entity; the answer is its record
//   Directory<D>  -> EntityActor    AskPtr<D>                  in order of arrival
//   EntityActor   -> journal        append                     pipelined; the answer goes straight to the asker
//   journal       -> EntityActor    append_failed_atom         begin anew from what is really in the log
//   Directory<D>  -> EntityActor    passivate_atom             nothing to do: save a snapshot and sleep
//   anyone        -> Worker         Job                        blocking work, on a thread of its own
//   journal       -> Poller         command_waiting_atom       a command was queued for the bot it waits for
#pragma once

#include <caf/all.hpp>
#include <functional>
#include <memory>

#include "actors/ask.hpp"

namespace troupe::actors {

using append_failed_atom = caf::atom_constant<caf::atom("appendfail")>;
using passivate_atom = caf::atom_constant<caf::atom("passivate")>;
using command_waiting_atom = caf::atom_constant<caf::atom("cmdwaiting")>;
using leased_atom = caf::atom_constant<caf::atom("leased")>;
using give_up_atom = caf::atom_constant<caf::atom("giveup")>;

template <class Decider>
using AskPtr = std::shared_ptr<Ask<Decider>>;

using Job = std::shared_ptr<std::function<void()>>;

}  // namespace troupe::actors
