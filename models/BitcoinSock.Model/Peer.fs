namespace BitcoinSock.Model

open System

/// The far end of a channel, driven by whoever tests the near one. It never blocks. Dispose closes.
type IPeer =
    inherit IDisposable

    /// Writes; gives the number of bytes accepted now, 0 when there is no room.
    abstract Write: data: ReadOnlySpan<byte> -> int

    /// Reads; gives the number of bytes, -1 if there are none yet, 0 at the end of the stream.
    abstract Read: buffer: Span<byte> -> int

    /// Ends the sending side: the near end reads what was written, then the end of the stream.
    abstract ShutdownSend: unit -> unit

    /// Resets the connection, if the channel can be reset.
    abstract Reset: unit -> unit

/// The far end, held to what it says of itself.
[<RequireQualifiedAccess>]
module internal Peer =

    /// Writes. A count that cannot be is told as the peer's: else the backend gets the blame.
    let write (peer: IPeer) (data: ReadOnlySpan<byte>) =
        let count = peer.Write data

        if count < 0 || count > data.Length then
            invalidOp
                $"IPeer.Write returned {count} of {data.Length}; it gives 0 when there is no room."

        count
