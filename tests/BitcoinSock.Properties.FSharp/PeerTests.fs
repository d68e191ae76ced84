/// What the kit asks of a peer and a factory, and what it says if they do not do it.
module BitcoinSock.Properties.PeerTests

open System
open System.IO
open Expecto
open BitcoinSock
open BitcoinSock.Model

/// A peer that notes what is called, and passes it on.
type private Noted(inner: IPeer, calls: ResizeArray<string>) =
    interface IPeer with
        member _.Write data =
            calls.Add "Write"
            inner.Write data

        member _.Read buffer =
            calls.Add "Read"
            inner.Read buffer

        member _.ShutdownSend() =
            calls.Add "ShutdownSend"
            inner.ShutdownSend()

        member _.Reset() =
            calls.Add "Reset"
            inner.Reset()

        member _.Dispose() =
            calls.Add "Dispose"
            inner.Dispose()

let private backend capabilities (pair: unit -> BackendPair) =
    Backend("of a test", pair, capabilities)

let private check (laws: string list) backend =
    let options =
        CheckOptions(Seed = Nullable 1UL, Cases = 100, Laws = List.toArray laws)

    Conformance.Check(backend, options)

let private simulated (peer: IPeer -> IPeer) =
    let sock = SimulatedSock(Channel.create [||] 65536)
    new BackendPair(sock, peer (new SimulatedPeer(sock)))

let private leftAlone =
    testCase "is disposed once, and nothing is called after that, nor after a reset"
    <| fun () ->
        let pairs = ResizeArray<ResizeArray<string>>()

        let create () =
            let calls = ResizeArray()
            pairs.Add calls
            simulated (fun peer -> new Noted(peer, calls))

        let promised =
            Capabilities.HalfClose ||| Capabilities.Reset ||| Capabilities.BoundedSend

        let report = backend promised create |> check []
        Expect.isTrue report.Passed (string report)

        for calls in pairs do
            let told = String.concat " " calls
            Expect.equal (calls.IndexOf "Dispose") (calls.Count - 1) told
            let reset = calls.IndexOf "Reset"
            Expect.isTrue (reset < 0 || reset = calls.Count - 2) told

        for call in [ "Read"; "Write"; "ShutdownSend"; "Reset" ] do
            Expect.exists pairs _.Contains(call) $"some play has a {call}"

/// Throws at a call of this name.
type private Throwing(inner: IPeer, name: string) =
    let throwAt call =
        if call = name then
            raise (NotSupportedException "not in this peer")

    interface IPeer with
        member _.Write data =
            throwAt "Write"
            inner.Write data

        member _.Read buffer =
            throwAt "Read"
            inner.Read buffer

        member _.ShutdownSend() =
            throwAt "ShutdownSend"
            inner.ShutdownSend()

        member _.Reset() =
            throwAt "Reset"
            inner.Reset()

        member _.Dispose() =
            throwAt "Dispose"
            inner.Dispose()

let private blamed call =
    testCase $"is told of what its {call} throws, with its frames"
    <| fun () ->
        let create () =
            simulated (fun peer -> new Throwing(peer, call))

        // By scripts, and by operations.
        for law in [ "1"; "6" ] do
            let report =
                backend (Capabilities.HalfClose ||| Capabilities.Reset) create |> check [ law ]

            let lines = report.Laws[0].Counterexample.Split '\n'
            let told = $"IPeer.{call} threw System.NotSupportedException: not in this peer"
            Expect.equal lines[0] told $"law {law}"
            Expect.stringContains lines[1] "Throwing" "where"

let private framesOfTheUser =
    testCase "has all frames of the user's code, its causes, and none of the kit's"
    <| fun () ->
        let create () =
            let inner = SimulatedSock(Channel.create [||] 65536)

            let deep () : SockResult =
                try
                    raise (IOException "the cable")
                with cause ->
                    raise (InvalidOperationException("no receive", cause))

            let sock =
                { new Bent(inner) with
                    override _.Recv(_, _) =
                        deep () |> ignore
                        Ok [||]
                }

            new BackendPair(sock, new SimulatedPeer(inner))

        let report = backend Capabilities.None create |> check [ "1" ]
        let lines = report.Laws[0].Counterexample.Split '\n' |> List.ofArray
        Expect.equal lines[0] "System.InvalidOperationException: no receive" "what was thrown"

        let cause =
            lines |> List.findIndex ((=) "because of System.IO.IOException: the cable")

        let frames = lines[1 .. cause - 1]
        Expect.exists frames _.Contains("deep") "where it was thrown"
        Expect.exists frames (fun line -> line.Contains "Bent" && line.Contains "Recv") "the call"
        Expect.stringContains lines[cause + 1] "deep" "where its cause was thrown"
        Expect.all lines (_.Contains("BitcoinSock.Model") >> not) "no frame of the kit"

let private sockOf () = SimulatedSock(Channel.create [||] 1000)

let private factories: (string * (unit -> BackendPair) * string) list =
    [
        "no pair", (fun () -> Unchecked.defaultof<_>), "its factory returned null"
        "no sock",
        (fun () -> new BackendPair(Unchecked.defaultof<_>, new SimulatedPeer(sockOf ()))),
        "the sock of its pair is null"
        "no peer",
        (fun () -> new BackendPair(sockOf (), Unchecked.defaultof<_>)),
        "the peer of its pair is null"
        "throws",
        (fun () -> raise (IOException "no port is left")),
        "its factory threw System.IO.IOException: no port is left"
        "a sock that needs what is not there",
        (fun () ->
            let inner = sockOf ()

            let sock =
                { new Bent(inner) with
                    override _.Recv(_, _) =
                        let name = "Lost, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null"
                        raise (FileNotFoundException($"Could not load '{name}'.", name))
                }

            new BackendPair(sock, new SimulatedPeer(inner))),
        "<EnableDynamicLoading>true</EnableDynamicLoading>"
        "a peer of another version",
        (fun () ->
            simulated (fun peer ->
                { new IPeer with
                    member _.Write _ =
                        raise (MissingMethodException "Method not found: 'X.Y'.")

                    member _.Read buffer = peer.Read buffer
                    member _.ShutdownSend() = peer.ShutdownSend()
                    member _.Reset() = peer.Reset()
                    member _.Dispose() = peer.Dispose()
                })),
        "Method not found: 'X.Y'. Was it built against another version"
    ]

let private unplayable (name, create, why: string) =
    testCase name
    <| fun () ->
        Expect.throwsC
            (fun () -> backend Capabilities.None create |> check [ "1" ] |> ignore)
            (fun thrown ->
                Expect.isTrue (thrown :? SetUpException) (string thrown)
                Expect.stringStarts thrown.Message "backend 'of a test' cannot be played: " "whose"
                Expect.stringContains thrown.Message why "why")

let private aFileIsNoAssembly =
    testCase "a file that a backend does not find is no missing assembly"
    <| fun () ->
        let create () =
            let inner = sockOf ()

            let sock =
                { new Bent(inner) with
                    override _.Recv(_, _) =
                        raise (FileNotFoundException("no such socket", "/run/tor/control"))
                }

            new BackendPair(sock, new SimulatedPeer(inner))

        let report = backend Capabilities.None create |> check [ "1" ]
        Expect.equal report.Laws[0].Verdict LawVerdict.Failed "a breach like any"

let tests =
    testList
        "set-up"
        [
            testList
                "a peer"
                [
                    leftAlone
                    for call in [ "Write"; "Read"; "ShutdownSend"; "Reset"; "Dispose" ] do
                        blamed call
                ]

            testList "an exception" [ framesOfTheUser ]

            testList
                "a backend that cannot be played breaks no law, one exception says why"
                (List.map unplayable factories)

            aFileIsNoAssembly
        ]
