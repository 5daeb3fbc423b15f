// Every message between actors, on one page. Messages carry shared pointers: they never leave this process. Callers
// outside see plain functions (actors/system.hpp), which end in one of these.
//
//   to EntityActor<D>   AskPtr<D>             from Directory<D>: a command, in order of arrival; its answer is a record
//                       append_answered_atom  from the journal's answers: look whether to begin anew from the log
//                       passivate_atom        from Directory<D>: nothing to do, save a snapshot and sleep
//   to Poller           command_waiting_atom  from WaitingPolls, or its own timer at the end of a lease: look again
//                       leased_atom           from a command's answer: it is ours, or another's
//                       give_up_atom          from WaitingPolls when the house ends, or its own timer: answer now
//   to Worker           Job                   from anyone: blocking work, on a thread of its own
//                       passivate_atom        from its owner: end when the queue is done
//   to PluginActor      PluginAskPtr          from Plugins: start, stop, a message, a command, a tool; its answer says what
//                                             came of it
//   to the ticker       tick_atom             from its own timer, what is due: heartbeats, mails, questions put off and
//                                             answers that nobody waits for, meanings that memories wait for, calls of
//                                             tools that are late, replies that were not sent, plugins' timers, files
//                                             to scan again, the search index, idle entities
//                       passivate_atom        from System: end
#pragma once

#include <caf/all.hpp>
#include <functional>
#include <memory>

#include "actors/ask.hpp"

namespace troupe::actors {

using append_answered_atom = caf::atom_constant<caf::atom("appended")>;
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using passivate_atom = caf::atom_constant<caf::atom("passivate")>;
using command_waiting_atom = caf::atom_constant<caf::atom("cmdwaiting")>;
using leased_atom = caf::atom_constant<caf::atom("leased")>;
using give_up_atom = caf::atom_constant<caf::atom("giveup")>;

template <class Decider>
using AskPtr = std::shared_ptr<Ask<Decider>>;

using Job = std::shared_ptr<std::function<void()>>;

}  // namespace troupe::actors
