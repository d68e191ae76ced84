namespace BitcoinSock.Model

open System
open System.Collections.Generic
open System.Diagnostics
open System.Net.Sockets
open BitcoinSock

/// Plays acts on a pair, beside two queues of bytes that say what must come out.
type internal Player(pair: BackendPair) =
    let sock, peer = pair.Sock, pair.Peer
    let patience = TimeSpan.FromSeconds 2.0
    let findings = List<string>()
    let written = List<byte>()
    let accepted = List<byte>()
    let mutable got = 0
    let mutable read = 0
    let mutable shown = 0
    let mutable hasProbed = false
    let mutable isShut = false
    let mutable hasPeerEnded = false
    let mutable isPeerGone = false
    // By the peer, or perhaps by what we sent to a peer that had gone.
    let mutable isReset = false
    let mutable hasPeerReset = false
    let mutable sawEnd = false
    let mutable hasPeerReadEnd = false

    let find number name message =
        findings.Add $"{number} {name}: {message}"

    let pending () = written.Count - got

    // Whether a recv must give something, if not yet then soon. After a reset it may give anything.
    let isDue () =
        (pending () > 0 || hasPeerEnded) && not isReset

    // A wait as long as bytes may be on their way.
    let waitForIt () =
        let mutable occurred = SockEvents.None
        let result = sock.Wait(patience, SockEvents.Recv, &occurred)
        result, occurred

    let isReadable () =
        snd (waitForIt ()) &&& SockEvents.Recv <> SockEvents.None

    // A wait that must find the socket ready.
    let mustBeReadable () =
        let result, occurred = waitForIt ()

        if (occurred &&& SockEvents.Recv) = SockEvents.None then
            if pending () = 0 then
                find 18 "EofReadable" $"the peer has ended, and a wait says {occurred} ({result})"
            elif hasPeerEnded then
                find
                    19
                    "HangupHidesNothing"
                    $"{pending ()} bytes are left, and a wait says {occurred}"
            else
                find 17 "WaitReport" $"{pending ()} bytes are there, and a wait says {occurred}"

            false
        else
            true

    let rec recv isPeek count tries =
        let buffer = Array.zeroCreate count

        let flags =
            SockFlags.DontWait ||| (if isPeek then SockFlags.Peek else SockFlags.None)

        let result = sock.Recv(Span buffer, flags)

        if result.Count > count then
            find 25 "OutcomeAlgebra" $"{result.Count} bytes for {count}"
        elif result.Count > 0 then
            let bytes = buffer[.. result.Count - 1]
            let right = min result.Count (pending ())
            let expected = written.GetRange(got, right).ToArray()

            let instead () =
                $"{Quote.bytes bytes} comes in place of {Quote.bytes expected}"

            if sawEnd then
                find 27 "StickyEnd" $"{bytes.Length} bytes after the end"
            elif bytes.Length > right || bytes <> expected then
                if isPeek then
                    find
                        3
                        "PeekStability"
                        $"shows {Quote.bytes bytes}, where {Quote.bytes expected} is what comes"
                elif hasProbed then
                    find 26 "ProbeCoherence" $"after IsConnected {instead ()}"
                elif shown > 0 then
                    find 2 "PeekPurity" $"after a peek {instead ()}"
                else
                    find 1 "Fidelity" (instead ())

            if isPeek then
                shown <- max shown bytes.Length
            else
                shown <- max 0 (shown - bytes.Length)
                hasProbed <- false
                got <- got + right
        elif result.Count = 0 then
            if pending () > 0 && not isReset then
                find 19 "HangupHidesNothing" $"the end, and {pending ()} bytes are missing"
            elif not hasPeerEnded then
                find 1 "Fidelity" "the end, and the peer has not ended"

            sawEnd <- true
        elif not (NetworkError.IoErrorIsPermanent result.Error) then
            if sawEnd then
                find 27 "StickyEnd" "would block after the end"
            elif hasPeerReset then
                // The reset may be on its way. If it is not, this is the code of another call.
                if tries = 0 || not (isReadable ()) then
                    find 24 "ErrorIdentity" "would block, again and again, after a reset"
                else
                    recv isPeek count (tries - 1)
            elif isDue () then
                if tries = 0 then
                    find 17 "WaitReport" "says ready again and again, and nothing comes"
                elif mustBeReadable () then
                    recv isPeek count (tries - 1)
        elif isReset then
            sawEnd <- true
        else
            find 38 "Refinement" $"fails with {NetworkError.NetworkErrorString result.Error}"

    let peerRead count =
        let buffer = Array.zeroCreate count
        let result = peer.Read(Span buffer)

        if result > 0 then
            let right = min result (accepted.Count - read)
            let expected = accepted.GetRange(read, right).ToArray()

            let bytes = buffer[.. result - 1]

            if bytes <> expected then
                find
                    10
                    "SendAccounting"
                    $"the peer gets {Quote.bytes bytes}, {Quote.bytes expected} was accepted"

            read <- read + right
        elif result = 0 then
            hasPeerReadEnd <- true

            if not isShut && not isReset then
                find 30 "HalfClose" "the peer gets the end, and we have not ended"

        result

    let findMissing () =
        let message = $"{accepted.Count} bytes accepted, {read} arrived"

        if not isShut then
            find 10 "SendAccounting" message
        elif hasPeerReadEnd then
            find 30 "HalfClose" message
        else
            find 30 "HalfClose" $"{message}, and after our end the peer gets none"

    // Bytes, and our end, may be on their way: the far end has the same patience.
    let rec peerReadAll since =
        let isAll = read = accepted.Count && (hasPeerReadEnd || not isShut)

        if not isAll && findings.Count = 0 then
            match peerRead 4096 with
            | 0 when read < accepted.Count -> findMissing ()
            | -1 when Stopwatch.GetElapsedTime since > patience -> findMissing ()
            | -1 ->
                Peer.lookAgain since
                peerReadAll since
            | _ -> peerReadAll since

    member _.Findings = List.ofSeq findings

    member _.Do act =
        match act with
        | Act.Recv count -> recv false count 100
        | Act.Peek count -> recv true count 100
        | Act.Send data when isPeerGone || isReset ->
            // Whatever is accepted now has nobody to read it, and may be answered by a reset.
            sock.Send(ReadOnlySpan data, SockFlags.NoSignal ||| SockFlags.DontWait)
            |> ignore

            isReset <- true
        | Act.Send data ->
            let flags = SockFlags.NoSignal ||| SockFlags.DontWait
            let result = sock.Send(ReadOnlySpan data, flags)

            if result.Count > data.Length then
                find 25 "OutcomeAlgebra" $"{result.Count} bytes taken of {data.Length}"
            elif result.Count > 0 then
                accepted.AddRange(Array.truncate result.Count data)

                if isShut then
                    find 30 "HalfClose" "bytes are accepted after our end"
            elif result.IsError && NetworkError.IoErrorIsPermanent result.Error && not isShut then
                find 38 "Refinement" $"fails with {NetworkError.NetworkErrorString result.Error}"
        | Act.Wait events ->
            let isFresh = accepted.Count = 0 && not (isShut || isPeerGone || isReset)

            // What is on its way is waited for; from then on it is ready in any company.
            let isRecvReady = events.HasFlag SockEvents.Recv && isDue () && mustBeReadable ()

            let ready =
                (if isRecvReady then SockEvents.Recv else SockEvents.None)
                ||| (if isFresh then SockEvents.Send else SockEvents.None)

            let mutable occurred = SockEvents.Recv ||| SockEvents.Send ||| SockEvents.Error
            let result = sock.Wait(TimeSpan.Zero, events, &occurred)

            if occurred &&& ~~~(events ||| SockEvents.Error) <> SockEvents.None then
                find 17 "WaitReport" $"says {occurred}, asked for {events}"
            elif not result.IsError && (result.Count > 0) <> (occurred <> SockEvents.None) then
                find 17 "WaitReport" $"returns {result.Count} and says {occurred}"
            elif ready &&& events &&& ~~~occurred <> SockEvents.None then
                find 17 "WaitReport" $"says {occurred}, asked for {events}; ready is {ready}"
        | Act.Probe ->
            let isAtEnd = isDue () && pending () = 0

            // The end may be on its way. Once a wait has told of it, a probe knows it.
            if not isAtEnd || mustBeReadable () then
                let mutable why = ""
                let isConnected = (sock :> ISockIsConnected).IsConnected(&why)
                hasProbed <- true

                if isConnected && (isAtEnd || isReset && sawEnd) then
                    find 26 "ProbeCoherence" "connected, and a recv gives the end"
                elif not isConnected && not (isAtEnd || isReset) then
                    find 26 "ProbeCoherence" $"'{why}', and the peer is there"
        | Act.ShutdownSend ->
            let result = sock.ShutdownSend()

            if result.IsError && not (isShut || isPeerGone || isReset) then
                find 30 "HalfClose" $"fails with {NetworkError.NetworkErrorString result.Error}"

            isShut <- true
        | Act.PeerWrites data when not (hasPeerEnded || isReset) ->
            written.AddRange(Array.truncate (Peer.write peer (ReadOnlySpan data)) data)
        | Act.PeerReads count when not (isPeerGone || isReset) -> peerRead count |> ignore
        | Act.PeerShutsDown when not (hasPeerEnded || isReset) ->
            peer.ShutdownSend()
            hasPeerEnded <- true
        | Act.PeerCloses when not (isPeerGone || isReset) ->
            // With everything read: closing on unread bytes is a reset.
            peerReadAll (Stopwatch.GetTimestamp())
            peer.Dispose()
            hasPeerEnded <- true
            isPeerGone <- true
        | Act.PeerResets when not (isPeerGone || isReset) ->
            peer.Reset()
            isReset <- true
            hasPeerReset <- true
            isPeerGone <- true
            hasPeerEnded <- true
        | _ -> ()

    /// What was accepted must arrive, on both sides, and then the end if there is one.
    member player.End() =
        // A recv may know more than a wait says: so first a wait.
        let waitIfDue () =
            if findings.Count = 0 && isDue () then
                mustBeReadable () |> ignore

        waitIfDue ()

        while findings.Count = 0 && pending () > 0 && not isReset do
            player.Do(Act.Recv 4096)

        waitIfDue ()

        for _ in 1..2 do
            if findings.Count = 0 && hasPeerEnded then
                player.Do(Act.Recv 1)

        if not (isPeerGone || isReset) then
            peerReadAll (Stopwatch.GetTimestamp())
