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

    /// Takes all that is there, and peeks at it before. Gives the number of bytes that were taken,
    /// and what is wrong with either.
    let private take (sock: ISock) got =
        let call law verb flags =
            let buffer = Array.zeroCreate all.Length
            let result = sock.Recv(Span buffer, flags ||| SockFlags.DontWait)
            let bytes = Array.truncate (max 0 result.Count) buffer

            let isRight i byte =
                got + i < all.Length && all[got + i] = byte

            let broken =
                match Seq.tryFindIndex not (Seq.mapi isRight bytes) with
                | Some i -> [ $"{law}: byte {got + i} is wrong, of {bytes.Length} {verb} at once" ]
                | None -> []

            bytes.Length, broken

        let _, shown = call "3 PeekStability" "peeked" SockFlags.Peek
        let count, taken = call "1 Fidelity" "received" SockFlags.None
        count, shown @ taken

    let private play (pair: BackendPair) () =
        let rec more written got since =
            let upTo = if got < ahead then ahead else all.Length
            let written = write pair.Peer upTo written

            match take pair.Sock got with
            | _, broken when not broken.IsEmpty -> broken
            | count, _ when got + count = all.Length -> []
            | 0, _ when Stopwatch.GetElapsedTime since > patience ->
                [ $"1 Fidelity: the peer has written {written} bytes, {got} came" ]
            | 0, _ ->
                Thread.Yield() |> ignore
                more written got since
            | count, _ -> more written (got + count) (Stopwatch.GetTimestamp())

        more 0 0 (Stopwatch.GetTimestamp())

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
