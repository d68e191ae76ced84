/// How sockcheck ends, and what it says then.
module BitcoinSock.Properties.SockcheckTests

open System
open System.IO
open System.Runtime.InteropServices
open Xunit
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

[<Fact>]
let ``all laws that were played hold, and it ends with 0`` () =
    let status, said = sockcheck [ "SimulatedSock"; "--law"; "18"; "--law"; "16" ]
    Assert.Equal((0, ""), (status, said))

/// Whether this is Wine, where sockcheck by itself tells of the same factories.
let isWine =
    OperatingSystem.IsWindows()
    && fst (NativeLibrary.TryGetExport(NativeLibrary.Load "ntdll", "wine_get_version"))

[<Theory(Skip = "on Wine 8 a program that loads itself again hangs", SkipWhen = nameof isWine)>]
[<InlineData(nameof throwsAtOnce, "none today")>]
[<InlineData(nameof throwsAtTheSecond, "no second today")>]
let ``a factory that throws is named, with what it threw`` (name: string, why: string) =
    let owner = "BitcoinSock.Properties.SockcheckTests"

    let assembly =
        Path.Join(AppContext.BaseDirectory, "BitcoinSock.Properties.FSharp.dll")

    let status, said =
        sockcheck [ "--assembly"; assembly; "--factory"; $"{owner}.{name}" ]

    Assert.Equal(2, status)

    let failed =
        $"sockcheck: {owner}.{name} failed: System.InvalidOperationException: {why}"

    Assert.StartsWith(failed, said)

[<Theory>]
[<InlineData("0")>]
[<InlineData("-1")>]
[<InlineData("1e-9")>]
[<InlineData("1e300")>]
[<InlineData("nan")>]
let ``a budget that is no time is refused`` (seconds: string) =
    let status, said = sockcheck [ "--budget"; seconds ]
    Assert.Equal(2, status)
    Assert.StartsWith("sockcheck: --budget wants a number of seconds", said)

[<Fact>]
let ``laws that were named and not played do not hold: it says why, once`` () =
    let backends = [ "SimulatedSock"; "StreamSock-pipe" ]
    let status, said = sockcheck (backends @ [ "--law"; "16"; "--law"; "39" ])
    Assert.Equal(2, status)

    Assert.Equal<string list>(
        [
            "sockcheck: no law was played"
            "    16 SteadyTime: the wall clock is not the kit's to move; PaceTests do it"
            "    39 BlockingHandle: the backend does not promise BlockingMode"
        ],
        said.ReplaceLineEndings("\n").Split '\n' |> Seq.take 3 |> List.ofSeq
    )

[<Fact>]
let ``the command that plays a law again asks for as many cases and as much time`` () =
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

    Assert.Equal(Some "sockcheck SimulatedSock --replay 5:7", command [])

    Assert.Equal(
        Some "sockcheck SimulatedSock --replay 5:7 --cases 10000 --budget 60.5",
        command [ "--cases"; "10000"; "--budget"; "60.5" ]
    )
