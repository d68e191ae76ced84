/// The async forms against the model, under the same schedules as the others. What a real backend
/// awaits is ManagedSockTests' job.
module BitcoinSock.Properties.AsyncProperties

open System
open System.Net.Sockets
open Expecto
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.Property
open BitcoinSock.Properties.Play

/// The library's async loops, played to their end; what has no async form of its own is played as
/// it is.
let awaiting: Loop =
    fun sock operation timeout interrupt ->
        let awaited = sock :?> ISockAsync

        match operation with
        | Operation.SendComplete data ->
            let sending =
                SockOperations.TrySendCompleteAsync(awaited, data.AsMemory(), timeout, interrupt)

            sending.AsTask().Result, [||]
        | Operation.RecvComplete count ->
            let buffer = Array.zeroCreate count

            let receiving =
                SockOperations.TryRecvCompleteAsync(awaited, buffer.AsMemory(), timeout, interrupt)

            let outcome = receiving.AsTask().Result
            outcome, Array.truncate outcome.Count buffer
        | Operation.RecvUntilTerminator(terminator, limit) ->
            let line: byte[] = Array.zeroCreate limit

            let receiving =
                SockOperations.TryRecvUntilTerminatorAsync(
                    awaited,
                    terminator,
                    line.AsMemory(),
                    timeout,
                    interrupt
                )

            let outcome = receiving.AsTask().Result
            outcome, Array.truncate outcome.Count line
        | _ -> Case.library sock operation timeout interrupt

let private likeTheOneThatBlocks =
    let broken case =
        let calm = { case with Schedule = Schedule.calm }
        let awaited, blocked = Case.simulate awaiting calm, Case.simulate Case.library calm

        [
            if awaited.Outcome <> blocked.Outcome || awaited.Received <> blocked.Received then
                $"ends as {awaited.Outcome}, and the other as {blocked.Outcome}"
            if blocked.Outcome.IsOk && awaited.Steps <> blocked.Steps then
                "makes other calls"
        ]

    holds
        "an async operation makes the calls of the one that blocks, when bytes are there"
        2_000
        Case.arb
        broken
        (tell awaiting)

let private onRealSockets =
    let backend = Backends.sock pairFamily WaitMechanism.Poll
    let realisable = PairPlay.realisable backend.Capabilities

    let broken case =
        use pair = backend.CreatePair()
        let case = realisable case
        let observed, findings = PairPlay.play awaiting pair case
        findings @ Case.judge case observed

    holds
        "every async operation keeps the laws on real sockets, whatever happens"
        500
        Case.onPair
        broken
        (realisable >> tell awaiting)

let tests =
    testList
        "async operations"
        [
            holds
                "every async operation keeps the laws on the simulated channel, whatever happens"
                20_000
                Case.arb
                (brokenBy awaiting)
                (tell awaiting)

            likeTheOneThatBlocks
            onRealSockets
        ]
