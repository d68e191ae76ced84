/// The async forms against the model, under the same schedules as the others. What a real backend
/// awaits is ManagedSockTests' job.
module BitcoinSock.Properties.AsyncProperties

open Expecto
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.Property
open BitcoinSock.Properties.Play

let private likeTheOneThatBlocks =
    let broken case =
        let calm = { case with Schedule = Schedule.calm }

        let awaited, blocked =
            Case.simulate Case.awaited calm, Case.simulate Case.library calm

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
        (tell Case.awaited)

let private onRealSockets =
    let backend = Backends.sock pairFamily WaitMechanism.Poll
    let realisable = PairPlay.realisable backend.Capabilities

    let broken case =
        use pair = backend.CreatePair()
        let case = realisable case
        let observed, findings = PairPlay.play Case.awaited pair case
        findings @ Case.judge case observed

    holds
        "every async operation keeps the laws on real sockets, whatever happens"
        500
        Case.onPair
        broken
        (realisable >> tell Case.awaited)

let tests =
    testList
        "async operations"
        [
            holds
                "every async operation keeps the laws on the simulated channel, whatever happens"
                20_000
                Case.arb
                (brokenBy Case.awaited)
                (tell Case.awaited)

            likeTheOneThatBlocks
            onRealSockets
        ]
