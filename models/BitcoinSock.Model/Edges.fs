namespace BitcoinSock.Model

open System
open BitcoinSock

/// Plays of a few cases each: where one thing ends and another begins.
[<RequireQualifiedAccess>]
module internal Edges =

    let badHandle: Look =
        Playing.fixedCases
            [ "recv"; "send"; "wait" ]
            (fun call -> $"dispose, then {call}")
            (fun pair call ->
                match box pair.Sock with
                | :? IDisposable as owner -> owner.Dispose()
                | _ -> invalidOp "A backend with a descriptor is IDisposable."

                let mutable occurred = SockEvents.None

                let result =
                    match call with
                    | "recv" -> pair.Sock.Recv(Span(Array.zeroCreate 1), SockFlags.DontWait)
                    | "send" -> pair.Sock.Send(ReadOnlySpan [| 1uy |], SockFlags.DontWait)
                    | _ -> pair.Sock.Wait(TimeSpan.FromSeconds 5.0, SockEvents.Recv, &occurred)

                [
                    if
                        not result.IsError || not (NetworkError.IoErrorIsPermanent result.Error)
                    then
                        $"21 BadHandle: {call} returns {result}"
                ])

    let bytesAreBytes: Look =
        let tell (terminator: byte) =
            $"a line of all other bytes, ended by {terminator}"

        Playing.fixedCases [ for byte in 0uy .. 255uy -> byte ] tell (fun pair terminator ->
            let line =
                [|
                    for byte in 0uy .. 255uy do
                        if byte <> terminator then
                            byte
                |]

            pair.Arrive(Array.concat [ line; [| terminator; terminator |] ])

            let buffer = Array.zeroCreate 300
            let within = TimeSpan.FromSeconds 5.0

            let outcome =
                SockOperations.TryRecvUntilTerminator(pair.Sock, terminator, Span buffer, within)

            [
                if not outcome.IsOk || buffer[.. outcome.Count - 1] <> line then
                    $"33 BytesAreBytes: ends as {outcome}"
            ])

    let chunkInvariance: Look =
        let stream = "ab\ncd"B

        let tell cut =
            $"\"ab\\ncd\" arrives in two parts, cut behind {cut} bytes"

        Playing.fixedCases [ 1 .. stream.Length - 1 ] tell (fun pair cut ->
            let first, second = Array.splitAt cut stream
            let buffer = Array.zeroCreate 10
            let short = TimeSpan.FromMilliseconds 5.0
            let within = TimeSpan.FromSeconds 5.0
            pair.Arrive first
            let sock = pair.Sock
            let early = SockOperations.TryRecvUntilTerminator(sock, '\n'B, Span buffer, short)
            pair.Arrive second

            let late =
                if early.IsOk then
                    early.Count
                else
                    let rest = Span(buffer, early.Count, 10 - early.Count)

                    early.Count
                    + SockOperations.TryRecvUntilTerminator(sock, '\n'B, rest, within).Count

            let next = Array.zeroCreate 2
            let after = SockOperations.TryRecvComplete(sock, Span next, within)

            [
                if late <> 2 || buffer[..1] <> "ab"B || not after.IsOk || next <> "cd"B then
                    $"34 ChunkInvariance: a line of {late}, then {after}"
            ])

    let handover: Look =
        let tell (size: int) =
            $"a line and {size} bytes behind it, written at once"

        Playing.fixedCases [ 0; 1; 8; 600 ] tell (fun pair size ->
            let payload = Array.init size (fun i -> byte (i * 7))

            pair.Arrive(Array.append "STREAM STATUS RESULT=OK\n"B payload)

            let within = TimeSpan.FromSeconds 5.0
            let line = Array.zeroCreate 2000

            let outcome =
                SockOperations.TryRecvUntilTerminator(pair.Sock, '\n'B, Span line, within)

            let next = Array.zeroCreate size
            let after = SockOperations.TryRecvComplete(pair.Sock, Span next, within)

            [
                if
                    outcome <> SockOutcome(SockStatus.Ok, 23, 0)
                    || not after.IsOk
                    || next <> payload
                then
                    $"36 Handover: {outcome}, then {after}"
            ])
