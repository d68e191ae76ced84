using System.ComponentModel;
using Xunit;

namespace BitcoinSock.Unit;

public class NetworkErrorProperties
{
    // EAGAIN, which is EWOULDBLOCK, EINTR and EINPROGRESS, as headers have them.
    private static readonly int[] WorthAnotherTry =
        OperatingSystem.IsWindows() ? [10035, 10004, 10036]
        : OperatingSystem.IsLinux() ? [11, 4, 115]
        : [35, 4, 36];

    [Property(1000)]
    public void Of_all_codes_four_are_worth_another_try(ErrorCode code)
    {
        // And those behind it: so no code that a system has is left out.
        for (int i = 0; i < 100; i++)
        {
            int each = unchecked(code.Value + i);
            Assert.Equal(!WorthAnotherTry.Contains(each), NetworkError.IoErrorIsPermanent(each));
        }
    }

    [Property]
    public void Every_code_is_said_in_the_words_of_the_system_and_as_a_number(ErrorCode code) =>
        Assert.Equal(
            $"{new Win32Exception(code.Value).Message} ({code.Value})",
            NetworkError.NetworkErrorString(code.Value)
        );

    [Property]
    public void Every_operation_tries_again_after_those_and_ends_with_any_other(
        ErrorCode code,
        byte any
    )
    {
        bool isPermanent = NetworkError.IoErrorIsPermanent(code.Value);
        foreach (Job job in Jobs)
        {
            int call = 1 + any % job.Calls;
            var sock = new ScriptedSock("abc\n");
            sock.At(call, _ => SockResult.Fail(code.Value), otherwise: 1);
            SockOutcome expected = isPermanent
                ? SockOutcome.Failed(code.Value, (call - 1) / job.CallsPerByte)
                : SockOutcome.Ok(job.Count);
            Assert.Equal(expected, job.Run(sock));
            int again = job.IsPeekAgain(call) ? 2 : 1;
            Assert.Equal(isPermanent ? call : job.Calls + again, sock.Sends + sock.Recvs);
        }
    }

    private static readonly Job[] Jobs =
    [
        new(4, 1, 4, sock => sock.TrySendComplete("data"u8, Within.Long)),
        new(4, 1, 4, sock => sock.TryRecvComplete(new byte[4], Within.Long)),
        new(8, 2, 3, sock => sock.TryRecvUntilTerminator(10, new byte[9], Within.Long)),
    ];

    /// <summary>An operation on four bytes, of so many calls.</summary>
    private sealed record Job(
        int Calls,
        int CallsPerByte,
        int Count,
        Func<ScriptedSock, SockOutcome> Run
    )
    {
        /// <summary>Whether a call is a take, whose peek is made anew.</summary>
        public bool IsPeekAgain(int call) => CallsPerByte == 2 && call % 2 == 0;
    }
}
