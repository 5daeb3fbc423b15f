// Every limit, time-out and tunable of the house, with its unit in the name or the type and its reason beside it.
// A setting that a user may change is named the same in `troupe serve --help`.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::defaults {

using namespace std::chrono_literals;

// Journal ------------------------------------------------------------------------------------------------------------

/// Appends waiting for the writer. Past it: Errc::overloaded (503). Enough for 8 full batches of one-event appends.
inline constexpr std::size_t kMaxQueuedAppends = 4096;
/// Bytes of appends waiting for the writer, so that large events cannot hold gigabytes.
inline constexpr std::size_t kMaxQueuedAppendBytes = std::size_t{64} << 20;
/// Events in one batch: measured, 512 gives nearly all the throughput at a few milliseconds; 4096 only adds latency.
inline constexpr std::size_t kMaxBatchEvents = 512;
/// Stream versions the writer remembers; a miss costs one index seek. About 8 MB.
inline constexpr std::size_t kMaxRememberedStreams = 65536;
/// How long an idempotency key is remembered. A client that retries later than a day is a new request.
inline constexpr auto kIdempotencyWindow = 24h;
/// Events of one append: twice a request body (kMaxBodyBytes) of the shortest log entries that make sense.
inline constexpr std::size_t kMaxAppendEvents = 20'000;
/// One append, encoded, with its rows: four request bodies. It is one RocksDB value and is read back whole.
inline constexpr std::size_t kMaxAppendBytes = std::size_t{16} << 20;
/// A stream's name is part of two index keys of every record in it.
inline constexpr std::size_t kMaxStreamNameBytes = 512;
/// Keys of rows, claims and idempotency. RocksDB compares them all the time; the longest real one is a URL.
inline constexpr std::size_t kMaxStorageKeyBytes = 8192;
/// Nesting of a row that is patched. Deeper ones would let a request choose how much stack a merge needs.
inline constexpr std::size_t kMaxRowDepth = 64;
/// Snapshots waiting for a batch to ride with, by number and by bytes. Past it the new one is dropped: it is a cache.
inline constexpr std::size_t kMaxPendingSnapshots = 1024;
inline constexpr std::size_t kMaxPendingSnapshotBytes = std::size_t{32} << 20;
/// Row changes of one rebuild are written in pieces of this size: large enough to be fast, small beside a memtable.
inline constexpr std::size_t kRebuildChunkBytes = std::size_t{4} << 20;
/// Table files RocksDB keeps open. The rest of the process's descriptors belong to connections.
inline constexpr int kMaxOpenTableFiles = 512;
/// Changes to one row that a reader may have to merge from memory.
inline constexpr std::size_t kMaxMergeOperands = 16;

// HTTP ---------------------------------------------------------------------------------------------------------------

/// Request target. Long enough for any real query; RESTinio's own default is none at all.
inline constexpr std::size_t kMaxUrlBytes = 8000;
inline constexpr std::size_t kMaxHeaderFields = 100;
inline constexpr std::size_t kMaxHeaderNameBytes = 256;
/// One header value: a cookie jar or a bearer token, with room.
inline constexpr std::size_t kMaxHeaderValueBytes = 8192;
/// One request body. Ten thousand log entries of 400 bytes fit.
inline constexpr std::size_t kMaxBodyBytes = std::size_t{4} << 20;
/// All request bodies in flight together: each is buffered whole, so this bounds the memory of uploads.
inline constexpr std::size_t kMaxBodiesInFlightBytes = std::size_t{256} << 20;
/// Open connections on all listeners. 5,000 idle ones must be harmless; twice that is still a modest machine.
inline constexpr std::size_t kMaxConnections = 10000;
/// A request must arrive whole within this: ends slow-loris clients.
inline constexpr auto kReadRequestTimeout = 15s;
/// An idle keep-alive connection.
inline constexpr auto kKeepAliveTimeout = 60s;
/// A client must take a response within this.
inline constexpr auto kWriteResponseTimeout = 30s;
/// A handler must answer within this; above the longest poll (`wait=60`, Socket.IO's 25 s).
inline constexpr auto kHandleRequestTimeout = 90s;

// WebSocket ----------------------------------------------------------------------------------------------------------

inline constexpr std::size_t kMaxWebSocketMessageBytes = std::size_t{1} << 20;
/// Bytes queued to one slow client before it is dropped (close code 1008): it never slows the others.
inline constexpr std::size_t kMaxWebSocketQueueBytes = std::size_t{1} << 20;
inline constexpr auto kWebSocketHandshakeTimeout = 10s;
inline constexpr auto kWebSocketCloseTimeout = 5s;

// Socket.IO: the reference server's numbers -----------------------------------------------------------------------------

inline constexpr auto kPingInterval = 25s;
inline constexpr auto kPingTimeout = 20s;
inline constexpr std::size_t kMaxPayloadBytes = 1'000'000;
inline constexpr auto kUpgradeTimeout = 10s;
inline constexpr auto kConnectTimeout = 45s;
inline constexpr std::size_t kMaxAttachments = 10;
/// Packets held for one client between two polls, or behind a slow WebSocket.
inline constexpr std::size_t kMaxQueuedPackets = 10000;
/// How long a lost client's place is kept for connection-state recovery.
inline constexpr auto kRecoveryWindow = 120s;
/// Events kept for recovery, for all clients together.
inline constexpr std::size_t kMaxRecoveryEvents = 10000;
inline constexpr std::size_t kMaxRecoveryBytes = std::size_t{16} << 20;

}  // namespace troupe::defaults
