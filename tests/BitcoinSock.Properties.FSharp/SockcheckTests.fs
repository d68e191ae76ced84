/// How sockcheck ends, and what it says then.
module BitcoinSock.Properties.SockcheckTests

open System
open System.Diagnostics
open System.IO
open Expecto
open RingBackend
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Check

/// A factory that throws when it is called.
let throwsAtOnce () : Backend = invalidOp "none today"

/// One that throws when what it returned is read.
let throwsAtTheSecond () =
    seq {
        Backends.simulated
        invalidOp "no second today"
    }

/// The exit status, and what is said of what is wrong.
let private sockcheck (words: string list) =
    use said = new StringWriter()
    let out, error = Console.Out, Console.Error
    Console.SetOut TextWriter.Null
    Console.SetError said

    try
        Program.main (Array.ofList words), string said
    finally
        Console.SetOut out
        Console.SetError error

/// On Wine 8 a program that loads itself again hangs: skipped there.
let private named = if Wine.isHere then ptestCase else testCase

/// What sockcheck is told of. Nothing else here can be loaded without the packages of the tests.
module Factories =

    let needsARing () =
        let pair () =
            let struct (near, far) = RingSock.CreatePair 1000
            new BackendPair(near, new RingPeer(far))

        Backend("ring", pair, Capabilities.None)

    let makesNoPair () =
        Backend("none", (fun () -> Unchecked.defaultof<_>), Capabilities.None)

/// sockcheck by itself: in this process everything is loaded already.
let private sockcheckAlone folder factory =
    let here name =
        Path.Join(AppContext.BaseDirectory, name)

    let file = "BitcoinSock.Properties.FSharp.dll"
    File.Copy(here file, Path.Join(folder, file))

    let words =
        [
            here "sockcheck.dll"
            "--assembly"
            Path.Join(folder, file)
            "--factory"
            $"BitcoinSock.Properties.SockcheckTests+Factories.{factory}"
        ]

    let start =
        ProcessStartInfo(
            "dotnet",
            words,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    use program = nonNull (Process.Start start)
    let out = program.StandardOutput.ReadToEndAsync()
    let error = program.StandardError.ReadToEnd()
    program.WaitForExit()
    program.ExitCode, out.Result, error

let private endsSockcheck (factory, why: string) =
    testCase $"a factory that {factory} ends sockcheck with 2 and one message, the cure in it"
    <| fun () ->
        let folder = Directory.CreateTempSubdirectory "sockcheck"

        try
            let status, out, error = sockcheckAlone folder.FullName factory
            Expect.equal status 2 "how it ended"
            Expect.isFalse (out.Contains "FAILED") out
            let line = error.TrimEnd().Split '\n' |> Array.exactlyOne
            Expect.stringStarts line $"sockcheck: {why}" "why"
            let hasCure = line.Contains "<EnableDynamicLoading>true</"
            Expect.equal hasCure (factory = "needsARing") line
        finally
            folder.Delete true

let tests =
    testList
        "sockcheck"
        [
            testCase "all laws that were played hold, and it ends with 0"
            <| fun () ->
                let status, said = sockcheck [ "SimulatedSock"; "--law"; "18"; "--law"; "16" ]
                Expect.equal (status, said) (0, "") "how it ended, and what it said"

            for name, why in
                [
                    nameof throwsAtOnce, "none today"
                    nameof throwsAtTheSecond, "no second today"
                ] do
                named $"a factory that {name} is named, with what it threw"
                <| fun () ->
                    let owner = "BitcoinSock.Properties.SockcheckTests"

                    let assembly =
                        Path.Join(AppContext.BaseDirectory, "BitcoinSock.Properties.FSharp.dll")

                    let status, said =
                        sockcheck [ "--assembly"; assembly; "--factory"; $"{owner}.{name}" ]

                    let failed =
                        $"sockcheck: {owner}.{name} failed: System.InvalidOperationException: {why}"

                    Expect.equal status 2 "how it ended"
                    Expect.stringStarts said failed "what it said"

            for seconds: string in [ "0"; "-1"; "1e-9"; "1e300"; "nan" ] do
                testCase $"a budget that is no time is refused: {seconds}"
                <| fun () ->
                    let status, said = sockcheck [ "--budget"; seconds ]
                    Expect.equal status 2 "how it ended"

                    Expect.stringStarts
                        said
                        "sockcheck: --budget wants a number of seconds"
                        "what it said"

            testCase "laws that were named and not played do not hold: it says why, once"
            <| fun () ->
                let backends = [ "SimulatedSock"; "StreamSock-pipe" ]
                let status, said = sockcheck (backends @ [ "--law"; "16"; "--law"; "39" ])
                Expect.equal status 2 "how it ended"

                Expect.equal
                    (said.Split '\n' |> Seq.take 3 |> Seq.map _.Trim() |> List.ofSeq)
                    [
                        "sockcheck: no law was played"
                        "16 SteadyTime: the wall clock is not the kit's to move; PaceTests do it"
                        "39 BlockingHandle: the backend does not promise BlockingMode"
                    ]
                    "what it said"

            testCase "the command that plays a law again asks for as many cases and as much time"
            <| fun () ->
                let result =
                    {
                        Law = "5 ZeroOverRead"
                        Verdict = LawVerdict.Failed
                        Cases = 1
                        Asked = 1
                        Seed = 7UL
                        Counterexample = ""
                    }

                let command (words: string list) =
                    Program.replay (Arguments.parse (Array.ofList words)) Backends.simulated result

                let usual = "sockcheck SimulatedSock --replay 5:7"
                Expect.equal (command []) (Some usual) "as usual"

                Expect.equal
                    (command [ "--cases"; "10000"; "--budget"; "60.5" ])
                    (Some $"{usual} --cases 10000 --budget 60.5")
                    "with more cases and more time"

            // On Wine 8 a program that starts another hangs.
            if not Wine.isHere then
                for row in
                    [
                        "makesNoPair", "backend 'none' cannot be played: its factory returned null"
                        "needsARing",
                        "backend 'ring' cannot be played: Could not load file or assembly"
                    ] do
                    endsSockcheck row
        ]
