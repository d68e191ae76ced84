namespace BitcoinSock.Model

open System
open System.Diagnostics
open BitcoinSock

/// A channel that promises to fill up is filled, drained, and filled again: what every send said it
/// took is what the far end gets, up to the last byte that there was room for.
[<RequireQualifiedAccess>]
module internal FullChannel =

    /// More than any system keeps for one connection.
    let sane = 128 * 1024 * 1024

    let private brief = TimeSpan.FromMilliseconds 50.0
    let private patience = TimeSpan.FromSeconds 5.0

    /// A stream in which no part looks like another.
    let stream first length =
        Array.init length (fun i -> byte ((uint32 (first + i) * 2654435761u) >>> 24))

    let private waitForRoom (sock: ISock) timeout =
        let mutable occurred = SockEvents.None
        sock.Wait(timeout, SockEvents.Send, &occurred) |> ignore
        occurred.HasFlag SockEvents.Send

    /// Sends until it is refused and a wait for room is in vain: before that a system may only be
    /// busy. As long as chunks are taken whole, each is longer than the one before: the last one is
    /// longer than the room that is left.
    let fill (sock: ISock) first =
        // Chunks are cut out of a part of the stream that is longer: whoever takes a byte a call
        // would cost a new one each time.
        let rec more taken length (part: byte[]) at idle =
            let part, at =
                if at + length <= part.Length then
                    part, at
                else
                    stream (first + taken) (2 * length), 0

            let chunk = ReadOnlySpan(part, at, length)
            let result = sock.Send(chunk, SockFlags.NoSignal ||| SockFlags.DontWait)

            if result.Count > 0 && taken + result.Count > sane then
                Error
                    $"10 SendAccounting: {taken + result.Count} bytes are taken, none was read, \
                      and no send is refused: that is no BoundedSend"
            elif result.Count > length then
                Error $"10 SendAccounting: {result.Count} bytes taken of {length}"
            elif result.Count > 0 then
                let next =
                    if result.Count = length then
                        length * 3 / 2 ||| 1
                    else
                        length

                more (taken + result.Count) next part (at + result.Count) 0
            elif not result.IsError then
                Error $"10 SendAccounting: a send returns 0 of {length}, and should be refused"
            elif NetworkError.IoErrorIsPermanent result.Error then
                let why = NetworkError.NetworkErrorString result.Error
                Error $"10 SendAccounting: refused after {taken} bytes with {why}, not would-block"
            elif not (waitForRoom sock brief) then
                Ok taken
            elif idle < 100 then
                more taken length part at (idle + 1)
            else
                Error
                    $"17 WaitReport: after {taken} bytes a wait says Send again and again, \
                      and each send is refused"

        more 0 997 [||] 0 0

    /// Reads all that is there; gives the number of bytes, up to the first that is wrong.
    let drain (peer: IPeer) first expected =
        let buffer = Array.zeroCreate 65536

        let rec more count since =
            match peer.Read(Span buffer) with
            | n when n > 0 && buffer[.. n - 1] = stream (first + count) n ->
                more (count + n) (Stopwatch.GetTimestamp())
            | n when n > 0 -> Error $"byte {count} or one of the {n - 1} behind it is wrong"
            | -1 when count < expected && Stopwatch.GetElapsedTime since < patience ->
                Peer.lookAgain since
                more count since
            | _ -> Ok count

        more 0 (Stopwatch.GetTimestamp())

    /// Sent and read before: else what is filled up to its end, and drained, never wraps round.
    let private ahead = 333

    let private play (pair: BackendPair) () =
        let rec round first left =
            match fill pair.Sock first with
            | Error broken -> [ broken ]
            | Ok 0 -> [ "10 SendAccounting: nothing is there to read, and a send is refused" ]
            | Ok taken ->
                match drain pair.Peer first taken with
                | Error wrong -> [ $"10 SendAccounting: {taken} bytes were taken, and {wrong}" ]
                | Ok drained when drained <> taken ->
                    [ $"10 SendAccounting: {taken} bytes were taken, the peer drains {drained}" ]
                | Ok _ when not (waitForRoom pair.Sock patience) ->
                    [ "17 WaitReport: all is drained, and a wait does not say Send" ]
                | Ok _ when left = 0 -> []
                | Ok _ -> round (first + taken) (left - 1)

        let flags = SockFlags.NoSignal ||| SockFlags.DontWait

        match pair.Sock.Send(ReadOnlySpan(stream 0 ahead), flags) with
        | result when result.Count > 0 && drain pair.Peer 0 result.Count = Ok result.Count ->
            round result.Count 1
        | result -> [ $"10 SendAccounting: {ahead} bytes are sent, {result}, and do not arrive" ]

    /// What of it concerns this law, of a backend that promises to fill up.
    let look number : Look =
        Playing.fixedCases
            [ () ]
            (fun () -> "send until it is refused, drain all, and again")
            (fun pair () -> play pair () |> Playing.ofLaw number)
        |> Playing.ifPromised Capabilities.BoundedSend

    /// Sends more than it holds, by the operation, which a backend may have of its own.
    let sendComplete: Look =
        let tell (timeout: TimeSpan) =
            $"SendComplete of too much within {timeout.TotalMilliseconds} ms, while nobody reads"

        Playing.fixedCases [ TimeSpan.Zero; brief ] tell (fun pair timeout ->
            match fill pair.Sock 0 with
            | Error _ -> [] // The look before this one tells of it.
            | Ok held ->
                drain pair.Peer 0 held |> ignore
                // A system may lend more room the second time.
                let much = stream held (held + 20_000_000)
                let outcome = SockOperations.TrySendComplete(pair.Sock, ReadOnlySpan much, timeout)

                if outcome.Status <> SockStatus.Timeout then
                    [ $"10 SendAccounting: ends as {outcome}" ]
                else
                    match drain pair.Peer held outcome.Count with
                    | Ok drained when drained = outcome.Count -> []
                    | Ok drained ->
                        [ $"10 SendAccounting: {outcome}, and the peer drains {drained}" ]
                    | Error wrong -> [ $"10 SendAccounting: {outcome}, and {wrong}" ])
        |> Playing.ifPromised Capabilities.BoundedSend
