namespace BitcoinSock.Model

open System
open System.Diagnostics
open System.Threading

/// The far end of a channel, driven by whoever tests the near one. It never blocks. Dispose closes:
/// the kit calls it once, and nothing after it. After Reset it calls Dispose only.
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

/// The far end as the kit calls it: what it throws is told as its own, and once it has gone it is
/// asked nothing any more: there is nothing to read, no room to write, and nothing to end.
type internal GuardedPeer(peer: IPeer) =
    let mutable hasGone = false
    let mutable isDisposed = false

    // An inner guard has told it already.
    let blame call (error: exn) : 'a =
        match error with
        | :? PeerException -> raise error
        | _ -> raise (PeerException(call, error))

    interface IPeer with
        member _.Write data =
            if hasGone then
                0
            else
                try
                    peer.Write data
                with error ->
                    blame "Write" error

        member _.Read buffer =
            if hasGone then
                0
            else
                try
                    peer.Read buffer
                with error ->
                    blame "Read" error

        member _.ShutdownSend() =
            if not hasGone then
                try
                    peer.ShutdownSend()
                with error ->
                    blame "ShutdownSend" error

        member _.Reset() =
            if not hasGone then
                hasGone <- true

                try
                    peer.Reset()
                with error ->
                    blame "Reset" error

        member _.Dispose() =
            if not isDisposed then
                hasGone <- true
                isDisposed <- true

                try
                    peer.Dispose()
                with error ->
                    blame "Dispose" error

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

    /// Between two looks for what may be on its way: others run, and after a moment it sleeps.
    let lookAgain (since: int64) =
        if Stopwatch.GetElapsedTime since < TimeSpan.FromMilliseconds 1.0 then
            Thread.Yield() |> ignore
        else
            Thread.Sleep 1
