using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace BitcoinSock.Unit;

/// <summary>An error code: one worth another try, one of a system's, or any number.</summary>
public readonly record struct ErrorCode(int Value);

/// <summary>
/// A number of bytes: a few, or about a power of two or a sum of such, where buffers change.
/// </summary>
public readonly record struct Size(int Value);

/// <summary>Text of four letters, two of which are CR and LF: terminators abound.</summary>
public sealed record Letters(string Text)
{
    public byte[] Bytes => Encoding.ASCII.GetBytes(Text);

    public override string ToString() => Text.Replace("\r", "\\r").Replace("\n", "\\n");
}

/// <summary>What ends a frame: of one letter or more, some of which begin as they end.</summary>
public sealed record Terminator(string Text)
{
    public byte[] Bytes => Encoding.ASCII.GetBytes(Text);

    public override string ToString() => Text.Replace("\r", "\\r").Replace("\n", "\\n");
}

/// <summary>How many bytes each call moves at most; after the last it begins anew.</summary>
public sealed record Cuts(int[] Counts)
{
    /// <param name="call">From 1.</param>
    public int At(int call) => Counts[(call - 1) % Counts.Length];

    /// <summary>Gives a text in these pieces, and then nothing until time is up.</summary>
    internal ScriptedSock Of(string text)
    {
        var sock = new ScriptedSock(text) { OnRecv = (n, _) => SockResult.Ok(At(n)) };
        sock.OnWait = (_, slice) => sock.TimeOut(slice);
        return sock;
    }

    public override string ToString() => $"cut at {string.Join(", ", Counts)}";
}

/// <summary>What properties draw from, where FsCheck's own choice is not it.</summary>
internal static class Generators
{
    private const string Alphabet = "ab\r\n";
    private const long NoMoreMilliseconds = int.MaxValue * TimeSpan.TicksPerMillisecond;

    private static readonly int[] Transient =
    [
        NetworkError.WouldBlock,
        NetworkError.Interrupted,
        NetworkError.InProgress,
    ];

    /// <summary>Timeouts: none, a tick, some milliseconds, and all the way up.</summary>
    public static Arbitrary<TimeSpan> Times() =>
        Arb.From(
            Gen.OneOf(
                    Gen.Choose(0, 30_000).Select(ticks => (long)ticks),
                    Gen.Choose(0, 3_000).Select(ms => ms * TimeSpan.TicksPerMillisecond),
                    Gen.Choose(0, int.MaxValue).Select(ms => ms * TimeSpan.TicksPerMillisecond),
                    Gen.Choose(-3, 3).Select(about => NoMoreMilliseconds + about),
                    Gen.Choose(0, 1_000).Select(back => long.MaxValue - back)
                )
                .Select(TimeSpan.FromTicks),
            time => Smaller(time.Ticks).Select(TimeSpan.FromTicks)
        );

    public static Arbitrary<ErrorCode> Codes() =>
        Arb.From(
            Gen.OneOf(
                    Gen.Elements([0, .. Transient]),
                    Gen.Choose(0, 200),
                    Gen.Choose(10_000, 11_999),
                    Gen.Choose(int.MinValue, int.MaxValue)
                )
                .Select(code => new ErrorCode(code)),
            code => Smaller(code.Value).Select(less => new ErrorCode((int)less))
        );

    public static Arbitrary<Size> Sizes() =>
        Arb.From(
            Gen.OneOf(
                    Gen.Choose(0, 20),
                    from power in Gen.Choose(4, 17)
                    from about in Gen.Choose(-2, 2)
                    select (1 << power) + about,
                    from windows in Gen.Choose(1, 6)
                    from about in Gen.Choose(-2, 2)
                    select 2048 * ((1 << windows) - 1) + about
                )
                .Select(size => new Size(size)),
            size => Smaller(size.Value).Select(less => new Size((int)less))
        );

    public static Arbitrary<Letters> Texts() =>
        ArbMap
            .Default.ArbFor<byte[]>()
            .Convert(
                bytes => new Letters(string.Concat(bytes.Select(each => Alphabet[each % 4]))),
                letters => [.. letters.Text.Select(each => (byte)Alphabet.IndexOf(each))]
            );

    public static Arbitrary<Terminator> Terminators() =>
        Arb.From(
            Gen.Elements("\n", "\r\n", "aa", "aba", "\r\r\n").Select(it => new Terminator(it))
        );

    public static Arbitrary<Cuts> OfCalls() =>
        ArbMap
            .Default.ArbFor<NonEmptyArray<PositiveInt>>()
            .Convert(
                counts => new Cuts([.. counts.Get.Select(each => each.Get)]),
                cuts =>
                    NonEmptyArray<PositiveInt>.NewNonEmptyArray([
                        .. cuts.Counts.Select(PositiveInt.NewPositiveInt),
                    ])
            );

    private static IEnumerable<long> Smaller(long number)
    {
        for (long less = number; less != 0; less /= 2)
        {
            yield return number - less;
        }
    }
}
