using System.ComponentModel;
using System.Diagnostics;

namespace BitcoinSock.Mutation;

/// <summary>
/// A copy of what tests the library, beside which one library after another is laid: the programs
/// of the unit tests and of the properties, and sockcheck, for which the laws over one backend are
/// one test.
/// </summary>
internal sealed class TestProgram
{
    private const string OfLaws = "laws of ";
    private const string Units = "BitcoinSock.Unit";
    private const string Properties = "BitcoinSock.Properties";
    private const string Build = "bin/Debug/net10.0";

    // Below the solution, by which the tests find the sources.
    private readonly string _units;
    private readonly string _properties;
    private readonly string _laws;
    private readonly string _reached;

    public TestProgram(int number)
    {
        string folder = Path.GetFullPath($"artifacts/mutation/{number}");
        _units = Copy($"tests/{Units}/{Build}", $"{folder}/units", Units);
        _properties = Copy(
            $"tests/{Properties}.FSharp/{Build}",
            $"{folder}/properties",
            $"{Properties}.FSharp"
        );
        _laws = Copy($"models/BitcoinSock.Check/{Build}", $"{folder}/laws", "sockcheck");
        _reached = $"{folder}/reached.txt";
    }

    public static bool IsProperty(string test) =>
        test.StartsWith(Properties, StringComparison.Ordinal);

    public static bool IsOfLaws(string test) => test.StartsWith(OfLaws, StringComparison.Ordinal);

    public void Lay(byte[] library)
    {
        foreach (string program in (string[])[_units, _properties, _laws])
        {
            File.WriteAllBytes($"{Path.GetDirectoryName(program)}/BitcoinSock.dll", library);
        }
    }

    /// <summary>The names of all tests.</summary>
    public string[] List() =>
        [
            .. Lines(_units, "-list", "methods")
                .Where(line => line.StartsWith(Units, StringComparison.Ordinal)),
            // "N " before a name says that nothing special is the matter with the test.
            .. Lines(_properties, "--list-tests")
                .Where(line => line.StartsWith($"N {Properties}/", StringComparison.Ordinal))
                .Select(line => line[2..])
                .Where(name => !IsOfKit(name)),
            .. Lines(_laws, "--list").Select(line => OfLaws + line.Split(' ')[0]),
        ];

    /// <summary>Tests of one of the programs, beside the library with marks.</summary>
    public (Ending, HashSet<int> Reached) RunMarked(string[] tests)
    {
        File.Delete(_reached);
        Ending ending = Run(Limit.None, tests);
        string[] lines = File.Exists(_reached) ? File.ReadAllLines(_reached) : [];
        return (ending, [.. lines.Select(int.Parse)]);
    }

    /// <summary>
    /// Tests of one of the three programs: until the first fails, or the laws of some backends.
    /// </summary>
    public Ending Run(Limit limit, string[] tests)
    {
        long began = Stopwatch.GetTimestamp();
        using Process process = StartOn(tests);
        bool hasFailed = false;
        process.OutputDataReceived += (_, line) =>
            hasFailed |= line.Data?.Contains(" ERR] ", StringComparison.Ordinal) == true;
        process.BeginOutputReadLine();
        TimeSpan busy = TimeSpan.Zero;
        while (!process.WaitForExit(10))
        {
            try
            {
                busy = process.TotalProcessorTime;
            }
            catch (Exception e) when (e is InvalidOperationException or Win32Exception)
            {
                continue; // it has just ended
            }

            if (hasFailed) // Expecto would go on
            {
                process.Kill(entireProcessTree: true);
            }
            else if (busy > limit.Busy || Stopwatch.GetElapsedTime(began) > limit.Whole)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
                return new Ending(Verdict.TimedOut, busy, Stopwatch.GetElapsedTime(began));
            }
        }

        return new Ending(
            process.ExitCode == 0 ? Verdict.Survived : Verdict.Killed,
            busy,
            Stopwatch.GetElapsedTime(began)
        );
    }

    // sockcheck asks the laws of the library's backends, and there they are one test a backend.
    private static bool IsOfKit(string test) =>
        test.StartsWith($"{Properties}/kit/every backend", StringComparison.Ordinal)
        || test.StartsWith($"{Properties}/an interrupt wakes", StringComparison.Ordinal);

    private static string Copy(string built, string folder, string program)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(built))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        }

        return Path.Combine(folder, program);
    }

    private string[] Lines(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n');
        process.WaitForExit();
        return [.. lines.Select(line => line.Trim()).Where(line => line.Length > 0)];
    }

    private Process StartOn(string[] tests) =>
        IsOfLaws(tests[0])
            ? Start(
                _laws,
                ["--seed", "1", "--cases", "30", .. tests.Select(each => each[OfLaws.Length..])]
            )
        : IsProperty(tests[0])
            ? Start(
                _properties,
                ["--sequenced", "--colours", "0", "--no-spinner", "--run", .. tests]
            )
        : Start(
            _units,
            [
                "-noColor",
                "-noAutoReporters",
                "-parallelMode",
                "none",
                "-stopOnFail",
                .. tests.SelectMany(name => new[] { "-method", name }),
            ]
        );

    private Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // An endless loop may ask for endless memory.
        start.Environment["DOTNET_GCHeapHardLimit"] = "40000000";
        start.Environment["DOTNET_TieredPGO"] = "0"; // no run is long enough to gain by it
        start.Environment[Marks.Variable] = _reached;
        Process process = Process.Start(start)!;
        _ = process.StandardError.ReadToEndAsync();
        return process;
    }
}

/// <summary>How a run ended, and what it took.</summary>
internal sealed record Ending(Verdict Verdict, TimeSpan Busy, TimeSpan Whole);

/// <summary>How much processor time a run may take, and how much time.</summary>
internal sealed record Limit(TimeSpan Busy, TimeSpan Whole)
{
    public static readonly Limit None = new(TimeSpan.MaxValue, TimeSpan.MaxValue);
}
