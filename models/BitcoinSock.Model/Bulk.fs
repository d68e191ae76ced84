namespace BitcoinSock.Model

open System
open System.Diagnostics
open System.Threading
open BitcoinSock

/// Many bytes to a call, and many that are there at once: what short cases do not have.
[<RequireQualifiedAccess>]
module internal Bulk =

    let private all = FullChannel.stream 0 100_000
    let private patience = TimeSpan.FromSeconds 5.0

    /// Written and taken before the rest: else what is filled up to its end, and drained, never
    /// wraps round.
    let private ahead = 333

    let rec private write (peer: IPeer) upTo written =
        let count =
            if written < upTo then
                Peer.write peer (ReadOnlySpan(all, written, upTo - written))
            else
                0

        if count > 0 then
            write peer upTo (written + count)
        else
            written

    /// The near end: it asks for all the bytes at once, by calls that share one buffer.
    type private Taker(sock: ISock) =
        let buffer: byte[] = Array.zeroCreate all.Length
        let mutable got = 0
        let mutable shown = 0

        // How many bytes came, and what is wrong with them.
        let call law verb flags =
            let count = max 0 (sock.Recv(Span buffer, flags ||| SockFlags.DontWait).Count)
            let came = ReadOnlySpan(buffer, 0, min count buffer.Length)
            let right = came.CommonPrefixLength(ReadOnlySpan(all, got, all.Length - got))

            count,
            [
                if right < count then
                    $"{law}: byte {got + right} is wrong, of {count} {verb} at once"
            ]

        member _.Got = got

        /// Takes what is there. What a peek has shown is not peeked at again until it is taken: so
        /// there is as much to do as the backend moves, also if that is a byte a call.
        member _.Take() =
            let broken =
                if shown > 0 then
                    []
                else
                    let count, broken = call "3 PeekStability" "peeked" SockFlags.Peek
                    shown <- count
                    broken

            let count, taken = call "1 Fidelity" "received" SockFlags.None
            got <- got + count
            shown <- max 0 (shown - count)
            count, broken @ taken

    let private play (pair: BackendPair) () =
        let near = Taker pair.Sock
        let start = Stopwatch.GetTimestamp()

        let rec more written since =
            let upTo = if near.Got < ahead then ahead else all.Length
            let written = write pair.Peer upTo written

            match near.Take() with
            | _, broken when not broken.IsEmpty -> broken
            | _ when near.Got = all.Length -> []
            | 0, _ when Stopwatch.GetElapsedTime since > patience ->
                [ $"1 Fidelity: the peer has written {written} bytes, {near.Got} came" ]
            | 0, _ ->
                Peer.lookAgain since
                more written since
            // It moves, and slowly: what came by now is enough.
            | _ when Stopwatch.GetElapsedTime start > patience -> []
            | _ -> more written (Stopwatch.GetTimestamp())

        more 0 start

    /// What of it concerns this law.
    let inward number : Look =
        Playing.fixedCases
            [ () ]
            (fun () -> $"the peer writes {all.Length} bytes, and each call asks for as many")
            (fun pair () -> play pair () |> Playing.ofLaw number)

    /// Two parts by one call, of a backend that has it.
    let twoParts: Look =
        let tell (first: int, second: int) =
            $"send parts of {first} and {second} bytes"

        Playing.fixedCases [ 1, 1; 1, 999; 600, 400 ] tell (fun pair (first, second) ->
            match box pair.Sock with
            | :? ISockSendVectored as sock ->
                let flags = SockFlags.NoSignal ||| SockFlags.DontWait
                let head = ReadOnlySpan(all, 0, first)
                let tail = ReadOnlySpan(all, first, second)
                let result = sock.Send(head, tail, flags)

                match FullChannel.drain pair.Peer 0 result.Count with
                | Ok drained when drained > 0 && drained = result.Count -> []
                | Ok drained -> [ $"10 SendAccounting: {result}, and the peer drains {drained}" ]
                | Error wrong -> [ $"10 SendAccounting: {result}, and {wrong}" ]
            | _ -> [])
