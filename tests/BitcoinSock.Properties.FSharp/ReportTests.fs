/// What the kit says of a backend that is wrong.
module BitcoinSock.Properties.ReportTests

open System
open System.Net.Sockets
open System.Text.RegularExpressions
open Xunit
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties

let private bent bend =
    Bent.overChannel "bent" Capabilities.None bend

let private check (backend: Backend) (laws: string list) =
    let options =
        CheckOptions(
            Seed = Nullable 1UL,
            Cases = 60,
            Budget = TimeSpan.FromSeconds 4.0,
            Laws = List.toArray laws
        )

    Conformance.Check(backend, options)

let private law name (report: Report) =
    report.Laws |> Seq.find (fun law -> law.Law = name)

let private peekConsumes =
    bent (fun inner ->
        { new Bent(inner) with
            override bent.Recv(count, isPeek) = base.Recv(count, false)
        })

[<Fact>]
let ``a trace is of what the backend answered, not of what it should have`` () =
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
    Assert.Matches($"recv [0-9]+ -> {Regex.Escape why}", result.Counterexample)
    Assert.Contains("ends as Failed with 0", result.Counterexample)

[<Fact>]
let ``bytes are told as text`` () =
    let result = (check peekConsumes [ "2" ]).Laws |> Seq.exactlyOne
    Assert.Matches("after a peek \"[a-z]+\" comes in place of \"[a-z]+\"", result.Counterexample)

[<Fact>]
let ``an exception is told by its message and one frame`` () =
    let backend =
        bent (fun inner ->
            { new Bent(inner) with
                override bent.Recv(_, _) = failwith "too big a buffer for me"
            })

    let lines = (check backend [ "1" ]).Laws[0].Counterexample.Split '\n'
    Assert.Equal("System.Exception: too big a buffer for me", lines[0])
    Assert.Single(lines, (fun (line: string) -> line.StartsWith "  at ")) |> ignore

[<Fact>]
let ``who breaks a law of its own is asked for no operations, unless they are named`` () =
    let all = check peekConsumes []
    Assert.Equal(LawVerdict.Failed, (law "2 PeekPurity" all).Verdict)
    let skipped = law "6 NothingLost" all
    Assert.Equal(LawVerdict.Skipped, skipped.Verdict)
    Assert.Matches("^not played: law . [A-Za-z]+ failed$", skipped.Counterexample)

    let numbers =
        all.Laws |> Seq.map (fun law -> law.Law.Split(' ')[0] |> int) |> List.ofSeq

    Assert.Equal<int list>([ 1..39 ], numbers)
    let named = check peekConsumes [ "2"; "NothingLost" ]
    Assert.Equal(LawVerdict.Failed, (law "6 NothingLost" named).Verdict)

[<Fact>]
let ``what time cut short is told`` () =
    let options = CheckOptions(Budget = TimeSpan.FromTicks 1L, Laws = [| "2"; "33" |])
    let report = string (Conformance.Check(Backends.simulated, options))
    Assert.Contains("2 PeekPurity: 1 of 200 cases (time is up)", report)
    Assert.Contains("33 BytesAreBytes: 1 of 256 cases (time is up)", report)

[<Fact>]
let ``the time of a law is that of all its cases`` () =
    let backend =
        bent (fun inner ->
            Threading.Thread.Sleep 20
            new Bent(inner))

    let options = CheckOptions(Budget = TimeSpan.FromSeconds 0.2, Laws = [| "33" |])
    let result = Conformance.Check(backend, options).Laws |> Seq.exactlyOne
    Assert.InRange(result.Cases, 1, 11)

[<Theory>]
[<InlineData(0)>]
[<InlineData(-1)>]
let ``no cases and no time are refused, for they would pass`` (none: int) =
    let refused (set: unit -> unit) =
        Assert.Throws<ArgumentOutOfRangeException>(set).Message

    let options = CheckOptions()
    Assert.StartsWith("Cases must be above 0.", refused (fun () -> options.Cases <- none))

    Assert.StartsWith(
        "Budget must be above 0.",
        refused (fun () -> options.Budget <- TimeSpan.FromSeconds(float none))
    )

[<Fact>]
let ``a report says how to play a failure again, and in what time if it is not the usual`` () =
    let again =
        "to replay: Conformance.Check(backend, new CheckOptions { Laws = [\"2\"], Seed = 1"

    Assert.EndsWith(
        $"{again}, Cases = 60, Budget = TimeSpan.FromSeconds(4) }})",
        string (check peekConsumes [ "2" ])
    )

    let usual = CheckOptions(Seed = Nullable 1UL, Laws = [| "2" |])

    Assert.EndsWith($"{again}, Cases = 200 }})", string (Conformance.Check(peekConsumes, usual)))

[<Fact>]
let ``a property says how to play a failure again with as many cases`` () =
    Assert.Equal("To replay: BITCOINSOCK_SEED=7", Property.replay 7UL 1)
    Assert.Equal("To replay: BITCOINSOCK_SEED=7 BITCOINSOCK_CASES=50", Property.replay 7UL 50)

[<Theory>]
[<InlineData(-1)>]
[<InlineData(1)>]
let ``a peer that miscounts what it writes gets the blame, not the backend`` (wrong: int) =
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

        Assert.Matches(
            "IPeer.Write returned (-1|[0-9]+) of [0-9]+; it gives 0 when there is no room",
            report.Laws[0].Counterexample
        )

[<Fact>]
let ``a wait that always says ready hangs nothing`` () =
    let backend =
        bent (fun inner ->
            { new Bent(inner) with
                override _.Wait(_, requested, _) = SockResult.Ok 1, requested
            })

    let result = (check backend [ "22" ]).Laws |> Seq.exactlyOne
    Assert.DoesNotContain("did not end", result.Counterexample)
