/// Every operation against the model, on the simulated channel and on real sockets.
module BitcoinSock.Properties.OperationProperties

open System.Net.Sockets
open Expecto
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.Property
open BitcoinSock.Properties.Play

let private onRealSockets family mechanism =
    let backend = Backends.sock family mechanism
    let realisable = PairPlay.realisable backend.Capabilities

    let broken case =
        let case = realisable case
        let observed, findings = real backend case
        findings @ Case.judge case observed

    holds backend.Name 500 Case.onPair broken (realisable >> tell Case.library)

let private connecting mechanism =
    let broken case =
        let case, observed = realConnect mechanism case
        Case.judge case observed

    holds
        $"a connect keeps the laws on real sockets by {mechanism}, whatever happens"
        200
        Case.connecting
        broken
        (realConnect mechanism >> fun (case, seen) -> Case.tell case seen)

let private likeTheModel =
    let backend = Backends.sock pairFamily WaitMechanism.Poll
    let realisable = PairPlay.realisable backend.Capabilities

    let broken case =
        let case = realisable case
        let onSocket, _ = real backend case
        let inModel = Case.simulate Case.library case

        [
            if onSocket.Steps <> inModel.Steps then
                let steps = onSocket.Steps |> List.map string |> String.concat "\n  "
                $"38 Refinement: the real trace is another one:\n  {steps}"
            if onSocket.Outcome <> inModel.Outcome then
                $"38 Refinement: it really ended as {onSocket.Outcome}"
        ]

    holds
        "a real socket gives the same trace as the simulated channel"
        500
        Case.onPair
        broken
        (realisable >> tell Case.library)

let private mechanisms = [ WaitMechanism.Poll; WaitMechanism.Select ]

let tests =
    testList
        "operations"
        [
            holds
                "every operation keeps the laws on the simulated channel, whatever happens"
                20_000
                Case.arb
                (brokenBy Case.library)
                (tell Case.library)

            testList
                "every operation keeps the laws on real sockets, whatever happens"
                [
                    for family in List.distinct [ pairFamily; AddressFamily.InterNetwork ] do
                        for mechanism in mechanisms -> onRealSockets family mechanism
                ]

            for mechanism in mechanisms do
                connecting mechanism

            likeTheModel
        ]
