using System.ComponentModel;
using System.Diagnostics;
using System.Xml.Linq;

namespace BitcoinSock.Mutation;

/// <summary>
/// A copy of the unit tests' program, beside which one library after another is laid.
/// </summary>
internal sealed class TestProgram
{
    private const string Built = "tests/BitcoinSock.Unit/bin/Debug/net10.0";

    // Below the solution, by which the tests find the sources.
    private readonly string _folder;

    public TestProgram(int number)
    {
        _folder = Path.GetFullPath($"artifacts/mutation/{number}");
        Directory.CreateDirectory(_folder);
        foreach (string file in Directory.GetFiles(Built))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)), overwrite: true);
        }
    }

    public void Lay(byte[] library) =>
        File.WriteAllBytes(Path.Combine(_folder, "BitcoinSock.dll"), library);

    /// <summary>Every test that passes, with the time it takes.</summary>
    public (Ending, Dictionary<string, TimeSpan> Times) RunAll()
    {
        string report = Path.Combine(_folder, "tests.xml");
        Ending ending = Start(Limit.None, "-xml", report);
        var times =
            from test in XDocument.Load(report).Descendants("test")
            let type = (string?)test.Attribute("type")
            group test by $"{type}.{(string?)test.Attribute("method")}" into cases
            where cases.All(test => (string?)test.Attribute("result") == "Pass")
            select (Name: cases.Key, Time: cases.Sum(test => (double)test.Attribute("time")!));
        return (ending, times.ToDictionary(one => one.Name, one => TimeSpan.FromSeconds(one.Time)));
    }

    /// <summary>Some tests, until the first fails.</summary>
    public Ending Run(Limit limit, IEnumerable<string> methods) =>
        Start(limit, ["-stopOnFail", .. methods.SelectMany(name => new[] { "-method", name })]);

    private Ending Start(Limit limit, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(
            Path.Combine(_folder, "BitcoinSock.Unit"),
            ["-noLogo", "-noColor", "-noAutoReporters", .. arguments]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // An endless loop may ask for endless memory.
        start.Environment["DOTNET_GCHeapHardLimit"] = "40000000";
        start.Environment["DOTNET_TieredPGO"] = "0"; // no run is long enough to gain by it
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        TimeSpan busy = TimeSpan.Zero;
        while (!process.WaitForExit(20))
        {
            try
            {
                busy = process.TotalProcessorTime;
            }
            catch (Exception e) when (e is InvalidOperationException or Win32Exception)
            {
                continue; // it has just ended
            }

            if (busy > limit.Busy || Stopwatch.GetElapsedTime(began) > limit.Whole)
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
}

/// <summary>How a run ended, and what it took.</summary>
internal sealed record Ending(Verdict Verdict, TimeSpan Busy, TimeSpan Whole);

/// <summary>How much processor time a run may take, and how much time.</summary>
internal sealed record Limit(TimeSpan Busy, TimeSpan Whole)
{
    public static readonly Limit None = new(TimeSpan.MaxValue, TimeSpan.MaxValue);
}
