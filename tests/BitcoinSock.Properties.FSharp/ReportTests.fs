/// What the kit says of a backend that is wrong.
module BitcoinSock.Properties.ReportTests

open System
open System.Net.Sockets
open System.Text.RegularExpressions
open Expecto
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties

let private bent bend =
    Bent.overChannel "bent" Capabilities.None bend

let private checkWithin (seconds: float) (backend: Backend) (laws: string list) =
    let options =
        CheckOptions(
            Seed = Nullable 1UL,
            Cases = 60,
            Budget = TimeSpan.FromSeconds seconds,
            Laws = List.toArray laws
        )

    Conformance.Check(backend, options)

// Long enough on a machine that is busy with other tests.
let private check = checkWithin 20.0

// Bytes are waited for that never come: enough to find it, and then to make it smaller for a while.
let private checkInShort = checkWithin 4.0

let private law name (report: Report) =
    report.Laws |> Seq.find (fun law -> law.Law = name)

let private peekConsumes =
    bent (fun inner ->
        { new Bent(inner) with
            override bent.Recv(count, isPeek) = base.Recv(count, false)
        })

let tests =
    testList
        "a report"
        [
            testCase "a trace is of what the backend answered, not of what it should have"
            <| fun () ->
                let unreachable = SockResult.Fail SocketError.HostUnreachable

                let backend =
                    bent (fun inner ->
                        let mutable hasFailed = false

                        { new Bent(inner) with
                            override bent.Recv(count, isPeek) =
                                if isPeek || hasFailed then
                                    base.Recv(count, isPeek)
                                else
                                    hasFailed <- true
                                    Error unreachable.Error
                        })

                let result = (check backend [ "25" ]).Laws |> Seq.exactlyOne
                let why = NetworkError.NetworkErrorString unreachable.Error
                Expect.isMatch result.Counterexample $"recv [0-9]+ -> {Regex.Escape why}" "the call"
                Expect.stringContains result.Counterexample "ends as Failed with 0" "the end"

            testCase "bytes are told as text"
            <| fun () ->
                let result = (check peekConsumes [ "2" ]).Laws |> Seq.exactlyOne

                Expect.isMatch
                    result.Counterexample
                    "after a peek \"[a-z]+\" comes in place of \"[a-z]+\""
                    "the bytes"

            testCase "an exception is told by its message and the frames of the user's code"
            <| fun () ->
                let backend =
                    bent (fun inner ->
                        { new Bent(inner) with
                            override bent.Recv(_, _) = failwith "too big a buffer for me"
                        })

                let lines = (check backend [ "1" ]).Laws[0].Counterexample.Split '\n'
                Expect.equal lines[0] "System.Exception: too big a buffer for me" "the message"
                let frames = lines |> Array.filter _.StartsWith("  at ")
                Expect.hasLength frames 2 "of the override, and of Bent, which calls it"
                Expect.all frames _.Contains("Recv") "frames"

            testCase "who breaks a law of its own is asked for no operations, unless they are named"
            <| fun () ->
                let all = checkInShort peekConsumes []
                Expect.equal (law "2 PeekPurity" all).Verdict LawVerdict.Failed "its own law"
                let skipped = law "6 NothingLost" all
                Expect.equal skipped.Verdict LawVerdict.Skipped "a law of operations"

                Expect.isMatch
                    skipped.Counterexample
                    "^not played: law . [A-Za-z]+ failed$"
                    "the reason"

                let numbers =
                    all.Laws |> Seq.map (fun law -> law.Law.Split(' ')[0] |> int) |> List.ofSeq

                Expect.equal numbers [ 1..42 ] "the laws, in their order"
                let named = checkInShort peekConsumes [ "2"; "NothingLost" ]

                Expect.equal
                    (law "6 NothingLost" named).Verdict
                    LawVerdict.Failed
                    "a law that was named"

            testCase "what time cut short is told"
            <| fun () ->
                let options = CheckOptions(Budget = TimeSpan.FromTicks 1L, Laws = [| "2"; "33" |])
                let report = string (Conformance.Check(Backends.simulated, options))

                Expect.stringContains
                    report
                    "2 PeekPurity: 1 of 200 cases (time is up)"
                    "random cases"

                Expect.stringContains
                    report
                    "33 BytesAreBytes: 1 of 256 cases (time is up)"
                    "fixed cases"

            testCase "the time of a law is that of all its cases"
            <| fun () ->
                let backend =
                    bent (fun inner ->
                        Threading.Thread.Sleep 20
                        new Bent(inner))

                let options = CheckOptions(Budget = TimeSpan.FromSeconds 0.2, Laws = [| "33" |])
                let result = Conformance.Check(backend, options).Laws |> Seq.exactlyOne
                Expect.isLessThanOrEqual result.Cases 11 "20 ms each, within 200 ms"

            for none: int in [ 0; -1 ] do
                testCase $"no cases and no time are refused, for they would pass: {none}"
                <| fun () ->
                    let refused what (set: unit -> unit) =
                        Expect.throwsC set (fun error ->
                            Expect.isTrue
                                (error :? ArgumentOutOfRangeException)
                                "the kind of exception"

                            Expect.stringStarts
                                error.Message
                                $"{what} must be above 0."
                                "the message")

                    let options = CheckOptions()
                    refused "Cases" (fun () -> options.Cases <- none)
                    refused "Budget" (fun () -> options.Budget <- TimeSpan.FromSeconds(float none))

            testCase
                "a report says how to play a failure again, and in what time if it is not the usual"
            <| fun () ->
                let again =
                    "to replay: Conformance.Check(backend, new CheckOptions "
                    + "{ Laws = [\"2\"], Seed = 1"

                let inTime = $"{again}, Cases = 60, Budget = TimeSpan.FromSeconds(20) }})"
                Expect.stringEnds (string (check peekConsumes [ "2" ])) inTime "in its own time"

                let usual = CheckOptions(Seed = Nullable 1UL, Laws = [| "2" |])

                let report = string (Conformance.Check(peekConsumes, usual))
                Expect.stringEnds report $"{again}, Cases = 200 }})" "in the usual time"

            testCase "a property says how to play a failure again with as many cases"
            <| fun () ->
                let quick, full = Property.replay 7UL 1, Property.replay 7UL 50
                Expect.equal quick "To replay: BITCOINSOCK_SEED=7" "in the quick run"

                Expect.equal
                    full
                    "To replay: BITCOINSOCK_SEED=7 BITCOINSOCK_CASES=50"
                    "in the full set"

            for wrong: int in [ -1; 1 ] do
                testCase
                    $"a peer that miscounts what it writes gets the blame, not the backend: {wrong}"
                <| fun () ->
                    let create () =
                        let sock = SimulatedSock(Channel.create [||] 65536)
                        let right: IPeer = new SimulatedPeer(sock)

                        let peer =
                            { new IPeer with
                                member _.Write data =
                                    if wrong < 0 then wrong else right.Write data + wrong

                                member _.Read buffer = right.Read buffer
                                member _.ShutdownSend() = right.ShutdownSend()
                                member _.Reset() = right.Reset()
                                member _.Dispose() = right.Dispose()
                            }

                        new BackendPair(sock, peer)

                    // By an operation, by many bytes at once, and by a case of its own.
                    for law in [ "6"; "1"; "15" ] do
                        let report = check (Backend("right", create, Capabilities.None)) [ law ]

                        Expect.isMatch
                            report.Laws[0].Counterexample
                            "IPeer.Write returned (-1|[0-9]+) of [0-9]+; it gives 0 when"
                            $"by law {law}"

            testCase "a wait that always says ready hangs nothing"
            <| fun () ->
                let backend =
                    bent (fun inner ->
                        { new Bent(inner) with
                            override _.Wait(_, requested, _) = SockResult.Ok 1, requested
                        })

                let result = (check backend [ "22" ]).Laws |> Seq.exactlyOne
                Expect.isFalse (result.Counterexample.Contains "did not end") result.Counterexample
        ]
