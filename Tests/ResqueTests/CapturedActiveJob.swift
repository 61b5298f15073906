import BgdemoTestSupport
import Foundation
import Testing

@testable import Resque

/// Jobs as Rails 6.1 wrote them, captured in Redis.
enum CapturedActiveJob: String, CaseIterable {
    case plainHash = #"""
        {"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":[{"job_class":"SendEmailJob","job_id":"75a09d5c-9a3a-4365-b847-9e4f59bfaa50","provider_job_id":null,"queue_name":"emailQueue","priority":null,"arguments":[{"to":"u@example.org","subject":"s","text":"t","_aj_symbol_keys":[]}],"executions":0,"exception_executions":{},"locale":"en","timezone":null,"enqueued_at":"2026-11-28T15:49:10Z"}]}
        """#
    case symbols = #"""
        {"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":[{"job_class":"SendEmailJob","job_id":"24742c82-6bbe-49ca-a413-a79989a1fa6e","provider_job_id":null,"queue_name":"emailQueue","priority":null,"arguments":[{"to":"u@example.org","subject":{"_aj_serialized":"ActiveJob::Serializers::SymbolSerializer","value":"hello"},"text":"t","_aj_symbol_keys":["to","subject","text"]},{"_aj_serialized":"ActiveJob::Serializers::SymbolSerializer","value":"urgent"}],"executions":0,"exception_executions":{},"locale":"en","timezone":null,"enqueued_at":"2026-11-28T15:49:10Z"}]}
        """#
    case keywords = #"""
        {"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":[{"job_class":"SendEmailJob","job_id":"3d56ccb3-b283-4cc6-b4e2-6002cfcadeb5","provider_job_id":null,"queue_name":"emailQueue","priority":null,"arguments":[{"to":"u@example.org","subject":"s","text":"t","_aj_ruby2_keywords":["to","subject","text"]}],"executions":0,"exception_executions":{},"locale":"en","timezone":null,"enqueued_at":"2026-11-28T15:49:10Z"}]}
        """#
    case globalIDs = #"""
        {"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":[{"job_class":"Admin::ReportJob","job_id":"60d61614-389e-4ab4-865f-91071c4befb9","provider_job_id":null,"queue_name":"low","priority":5,"arguments":[{"_aj_globalid":"gid://shop/User/7"},[{"_aj_globalid":"gid://shop/User/8"}]],"executions":0,"exception_executions":{},"locale":"en","timezone":null,"enqueued_at":"2026-11-28T15:49:10Z"}]}
        """#
    case wait = #"""
        {"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":[{"job_class":"SendEmailJob","job_id":"237187f3-ec21-406f-ab2c-476164eec4e4","provider_job_id":null,"queue_name":"emailQueue","priority":null,"arguments":[{"to":"u@example.org","subject":"s","text":"t","_aj_symbol_keys":[]}],"executions":0,"exception_executions":{},"locale":"en","timezone":null,"enqueued_at":"2026-11-28T15:49:10Z"}],"queue":"emailQueue"}
        """#
    case queueAndPriority = #"""
        {"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":[{"job_class":"SendEmailJob","job_id":"6b7654bb-0c0a-4141-b474-438b7209d9f2","provider_job_id":null,"queue_name":"critical","priority":10,"arguments":[{"to":"u@example.org","subject":"s","text":"t","_aj_symbol_keys":[]}],"executions":0,"exception_executions":{},"locale":"en","timezone":null,"enqueued_at":"2026-11-28T15:49:10Z"}]}
        """#
    case times = #"""
        {"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":[{"job_class":"SendEmailJob","job_id":"ed5ee24f-54ad-4928-be86-52dea1a7408a","provider_job_id":null,"queue_name":"emailQueue","priority":null,"arguments":[{"_aj_serialized":"ActiveJob::Serializers::TimeSerializer","value":"2026-11-28T15:00:00.123456000Z"},{"_aj_serialized":"ActiveJob::Serializers::DateSerializer","value":"2026-11-28"},{"_aj_serialized":"ActiveJob::Serializers::DurationSerializer","value":90,"parts":[[{"_aj_serialized":"ActiveJob::Serializers::SymbolSerializer","value":"seconds"},90]]},"1.1",null,null,1.5,1180591620717411303424,true],"executions":0,"exception_executions":{},"locale":"en","timezone":null,"enqueued_at":"2026-11-28T15:49:10Z"}]}
        """#
    case indifferentAccess = #"""
        {"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":[{"job_class":"SendEmailJob","job_id":"0f7c3c9a-76cf-4abd-abaf-2b827b63c1e9","provider_job_id":null,"queue_name":"emailQueue","priority":null,"arguments":[{"to":"u@example.org","subject":"hé😀","text":"a\nb","_aj_hash_with_indifferent_access":true}],"executions":0,"exception_executions":{},"locale":"en","timezone":null,"enqueued_at":"2026-11-28T15:49:10Z"}]}
        """#
    case retry = #"""
        {"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":[{"job_class":"SendEmailJob","job_id":"1a44a227-737d-4e59-b8db-313680cef67d","provider_job_id":null,"queue_name":"emailQueue","priority":null,"arguments":[{"to":"fail@example.org","_aj_symbol_keys":[]}],"executions":1,"exception_executions":{"[Boom]":1},"locale":"en","timezone":null,"enqueued_at":"2026-11-28T15:46:11Z"}],"queue":"emailQueue"}
        """#
}
