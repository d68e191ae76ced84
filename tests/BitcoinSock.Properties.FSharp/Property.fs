/// FsCheck from Expecto: how many cases, which seed, and what a failure says.
module BitcoinSock.Properties.Property

open System
open Expecto
open FsCheck
open FsCheck.FSharp

let private variable name read standard =
    match Environment.GetEnvironmentVariable name with
    | null
    | "" -> standard
    | value -> read value

/// The seed of the quick run, and of everything that is looked for by example.
let fixedSeed = 20260101UL

/// BITCOINSOCK_SEED replays a run.
let private seed = variable "BITCOINSOCK_SEED" UInt64.Parse fixedSeed

/// BITCOINSOCK_CASES multiplies the cases: CI has more time than somebody who waits.
let private factor = variable "BITCOINSOCK_CASES" Int32.Parse 1

/// How many cases so many of the quick run are in this one.
let cases quick = quick * factor

/// Whether this is the full set, which CI plays.
let isFullSet = factor > 1

/// Lines for whoever reads the full set: what was played, and what it came to.
let print (lines: string) =
    if isFullSet then
        lock Console.Out (fun () -> Console.Out.WriteLine lines)

/// The smallest case that breaks something, of so many random ones from this seed.
let smallest seed count (arb: Arbitrary<'a>) (broken: 'a -> string list) : 'a option =
    let mutable found = None

    let runner =
        { new IRunner with
            member _.OnStartFixture _ = ()
            member _.OnArguments(_, _, _) = ()
            member _.OnShrink(_, _) = ()

            member _.OnFinished(_, result) =
                match result with
                | TestResult.Failed(_, _, [ case ], _, _, _, _) -> found <- Some(unbox<'a> case)
                | TestResult.Passed _ -> ()
                | _ -> failwith $"the generator gives too few cases: {result}"
        }

    let config =
        Config.Quick
            .WithRunner(runner)
            .WithMaxTest(count)
            .WithReplay(Some { Rnd = Rnd seed; Size = None })

    Check.One(config, Prop.forAll arb (broken >> List.isEmpty))
    found

/// How to play a run again: more cases are larger ones too.
let replay (seed: uint64) factor =
    let cases = if factor = 1 then "" else $" BITCOINSOCK_CASES={factor}"
    $"To replay: BITCOINSOCK_SEED={seed}{cases}"

/// That no random case breaks anything; a failure tells the smallest that does.
let holds name quick (arb: Arbitrary<'a>) (broken: 'a -> string list) (tell: 'a -> string) =
    let count = cases quick

    let config =
        { FsCheckConfig.defaultConfig with
            maxTest = count
            // FsCheck wants an odd number beside the seed.
            replay = Some(seed, 1UL, None)
            finishedTest =
                fun _ _ _ -> async { print $"{count} random cases hold; seed {seed}: {name}" }
        }

    testPropertyWithConfig config name
    <| Prop.forAll arb (fun case ->
        match broken case with
        | [] -> ()
        | breaks ->
            breaks @ [ tell case; replay seed factor ]
            |> String.concat "\n"
            |> failtestNoStack)

/// That some random case finds what is wrong on purpose; the smallest is printed for a person.
let caught name count (arb: Arbitrary<'a>) (broken: 'a -> string list) (tell: 'a -> string) =
    testCase name
    <| fun () ->
        match smallest fixedSeed count arb broken with
        | Some case -> print (tell case)
        | None -> failtest "nothing catches it"

/// Lists of up to so many commands; a smaller one lacks one of them.
let commands most (command: Gen<'a>) =
    let shrink commands =
        seq { for i in 0 .. List.length commands - 1 -> List.removeAt i commands }

    Arb.fromGenShrink (
        Gen.choose (1, most) |> Gen.bind (fun length -> Gen.listOfLength length command),
        shrink
    )

/// A line a command.
let tellCommands commands =
    commands |> List.map string |> String.concat "\n"
